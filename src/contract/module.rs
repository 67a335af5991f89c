//! [`Module`]: the name under which a part of the monolith is assembled.

/// A part of the system with a name of its own, such as orders or inventory.
///
/// ```
/// use callboard::prelude::*;
///
/// #[derive(Module)]
/// pub struct InventoryModule;
///
/// assert_eq!(InventoryModule::NAME, "inventory");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a module",
    note = "add `#[derive(Module)]` to `{Self}`"
)]
pub trait Module: Send + Sync + 'static {
    /// The module's name, by default the type's name in snake case without a trailing `Module`.
    const NAME: &'static str;
}

/// The module of services that name none: they may be registered anywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoModule;

impl Module for NoModule {
    const NAME: &'static str = "";
}
