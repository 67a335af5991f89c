//! All public errors in one table: text, what comes back, and what they say they are.

use std::error::Error as StdError;

use callboard::prelude::*;
use callboard::{Certainty, ExitReason, PublishError, SpawnError};

use crate::support::*;

/// Neither `Debug` nor `Clone`: errors must not ask it of a message.
struct Silent(u32);

/// What every error keeps to: lower case, no full stop, one line, and a `Debug` that shows no message.
#[track_caller]
fn check_text(error: &(impl StdError + ?Sized), text: &str) {
    assert_eq!(error.to_string(), text);
    assert!(!text.ends_with('.') && !text.contains('\n'));
    assert!(!text.starts_with(char::is_uppercase));
    assert!(!format!("{error:?}").contains("Silent"));
    assert!(
        error.source().is_none(),
        "what is in the text is not repeated"
    );
}

#[test]
fn errors_of_tell() {
    type Row = (TellError<Silent>, &'static str, [bool; 3]);
    let table: [Row; 3] = [
        (
            TellError::NotRunning(Silent(1)),
            "the actor is not running",
            [true, false, false],
        ),
        (
            TellError::Timeout(Silent(1)),
            "the mailbox had no room within the timeout",
            [false, true, false],
        ),
        (
            TellError::WouldDeadlock(Silent(1)),
            "the actor's own mailbox is full, so that it would wait for itself",
            [false, false, true],
        ),
    ];
    for (error, text, kinds) in table {
        check_text(&error, text);
        assert_eq!(
            [
                error.is_not_running(),
                error.is_timeout(),
                error.is_would_deadlock()
            ],
            kinds,
            "{text}"
        );
        assert_eq!(error.into_inner().0, 1);
    }
}

#[test]
fn errors_of_try_tell() {
    let table = [
        (
            TryTellError::Full(Silent(2)),
            "the mailbox is full",
            [true, false],
        ),
        (
            TryTellError::NotRunning(Silent(2)),
            "the actor is not running",
            [false, true],
        ),
    ];
    for (error, text, kinds) in table {
        check_text(&error, text);
        assert_eq!([error.is_full(), error.is_not_running()], kinds, "{text}");
        assert_eq!(error.into_inner().0, 2);
    }
}

/// Covers A3. The table of what comes back and what may have run.
#[test]
fn errors_of_ask() {
    use Certainty::{MayHaveRun, NotHandled};

    type Row = (AskError<Silent>, &'static str, [bool; 6], Certainty, bool);
    let path = vec!["a".to_owned(), "b".to_owned(), "a".to_owned()];
    let table: [Row; 6] = [
        (
            AskError::Timeout,
            "nobody answered in time; the handler may have run",
            [true, false, false, false, false, false],
            MayHaveRun,
            false,
        ),
        (
            AskError::NotRunning(Silent(3)),
            "the actor is not running; the message was not handled",
            [false, true, false, false, false, false],
            NotHandled,
            true,
        ),
        (
            AskError::HandlerPanicked,
            "the handler panicked",
            [false, false, false, true, false, false],
            MayHaveRun,
            false,
        ),
        (
            AskError::NoReply,
            "the handler was dropped before it replied",
            [false, false, false, false, true, false],
            MayHaveRun,
            false,
        ),
        (
            AskError::Full(Silent(3)),
            "the mailbox is full",
            [false, false, true, false, false, false],
            NotHandled,
            true,
        ),
        (
            AskError::Deadlock { path },
            "the ask would wait for itself: a -> b -> a",
            [false, false, false, false, false, true],
            NotHandled,
            false,
        ),
    ];
    for (error, text, kinds, certainty, comes_back) in table {
        check_text(&error, text);
        assert_eq!(
            [
                error.is_timeout(),
                error.is_not_running(),
                error.is_full(),
                error.is_handler_panicked(),
                error.is_no_reply(),
                error.is_deadlock(),
            ],
            kinds,
            "{text}"
        );
        assert_eq!(error.certainty(), certainty, "{text}");
        assert_eq!(
            error.into_inner().map(|silent| silent.0),
            comes_back.then_some(3),
            "{text}"
        );
    }
}

#[test]
fn errors_of_publish() {
    let error = PublishError::Closed(Silent(4));
    check_text(&error, "the system has stopped, and its topics are closed");
    assert!(error.is_closed());
    assert_eq!(error.into_inner().0, 4);
}

#[test]
fn errors_of_spawn_and_their_reasons() {
    let table = [
        (
            SpawnError::NameTaken("p".into()),
            "an actor named `p` exists already",
        ),
        (SpawnError::Stopping, "the supervisor is stopping"),
        (
            SpawnError::Start(ExitReason::StartFailed(StartError::new("no disk"))),
            "the child did not start: start failed: no disk",
        ),
    ];
    for (error, text) in table {
        check_text(&error, text);
    }
}

#[test]
fn exit_reasons_say_what_happened_and_which_are_normal() {
    let failed = ExitReason::Failed(StartError::new("no disk"));
    let escalated = ExitReason::Escalated {
        child: "p".into(),
        reason: std::sync::Arc::new(failed.clone()),
    };
    let table = [
        (ExitReason::Normal, "normal", true),
        (ExitReason::Shutdown, "shutdown", true),
        (ExitReason::Killed, "killed", false),
        (failed, "failed: no disk", false),
        (
            ExitReason::StartFailed(StartError::new("x")),
            "start failed: x",
            false,
        ),
        (
            escalated,
            "too many restarts of `p`, the last after: failed: no disk",
            false,
        ),
    ];
    for (reason, text, is_normal) in table {
        assert_eq!(reason.to_string(), text);
        assert_eq!(reason.is_normal(), is_normal, "{text}");
    }
}

/// The texts of all causes are in a start error's own, since it is shown far from where it was made.
#[test]
fn a_start_error_shows_all_of_its_causes() {
    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bad port")
        }
    }
    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }
    let cause = "x".parse::<u32>().unwrap_err();
    let error = StartError::from(Outer(cause));
    assert_eq!(error.to_string(), "bad port: invalid digit found in string");
    assert!(
        error
            .source_error()
            .unwrap()
            .downcast_ref::<Outer>()
            .is_some()
    );
    assert!(StartError::new("text").source_error().is_none());
}

/// The error for `main` is made from every other by `?`, and keeps it.
#[tokio::test(start_paused = true)]
async fn the_error_for_main_is_made_from_every_other() {
    async fn fails(
        actor: &ActorRef<Puppet>,
        system: &System,
        how: u32,
    ) -> Result<(), callboard::Error> {
        match how {
            0 => actor.tell(Note(1)).await?,
            1 => actor.try_tell(Note(1))?,
            2 => drop(actor.ask(Echo(1)).await?),
            3 => drop(system.topic::<Tick>().publish(Tick(1)).await?),
            4 => drop(system.actor::<Puppet>("p")?),
            5 => drop(system.spawn(puppet("q", &Log::default())).await?),
            _ => drop(
                System::builder("t")
                    .child(puppet("", &Log::default()))
                    .start()
                    .await?,
            ),
        }
        Ok(())
    }
    let (system, actor, _log) = one_puppet(4).await;
    system.shutdown(secs(1)).await;
    let texts = [
        "the actor is not running",
        "the actor is not running",
        "the actor is not running; the message was not handled",
        "the system has stopped, and its topics are closed",
        "no actor is named `p`",
        "the supervisor is stopping",
        "the system is wired wrongly",
    ];
    for (how, text) in (0..).zip(texts) {
        let error = fails(&actor, &system, how).await.unwrap_err();
        assert!(error.to_string().starts_with(text), "{error}");
        assert_eq!(error.downcast_ref::<TellError<Note>>().is_some(), how == 0);
    }
}

/// Reasons are short texts without spaces, and none is used twice.
#[test]
fn dead_letter_reasons_have_distinct_names() {
    let names: std::collections::BTreeSet<_> = DeadLetterReason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .collect();
    assert_eq!(names.len(), DeadLetterReason::ALL.len());
    assert!(names.iter().all(|name| !name.contains(' ')));
    assert_eq!(format!("{:>9}", DeadLetterReason::Stopped), "  stopped");
}
