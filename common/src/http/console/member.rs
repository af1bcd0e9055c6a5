//! Who may do what with an app: the checks that need its record, in LAIN's order (lain-spec 1.1).

use crate::domain::console::name::AppName;
use crate::domain::console::settings::ADMINS;
use crate::domain::error::{Error, Missing, Result};
use crate::domain::subject::AppId;
use crate::http::caller::Access;
use crate::http::{Context, Scope};
use crate::store::ReadApp;

impl Scope {
    /// The app of the path; an error if no app can have its name, and so none is registered.
    pub fn app_id(&self) -> Result<AppId> {
        let app = self.param("app");
        let app = app.parse().map_err(|_| not_registered(app))?;
        Ok(AppId { region: self.region.id.clone(), app })
    }

    /// The app of the path, as one who may do this reads it.
    pub async fn admitted(&self, context: &Context) -> Result<ReadApp> {
        let read = context.store.console_app(&self.app_id()?).await?;
        self.admit(context, read)
    }

    /// An app as it was read, if it is registered, the caller belongs to it, and it may be changed now where this is a
    /// change of what runs: told in this order.
    pub fn admit(&self, context: &Context, read: Option<ReadApp>) -> Result<ReadApp> {
        self.admit_named(context, self.param("app"), read)
    }

    /// As [`Self::admit`], for an app that the body names.
    pub fn admit_named(&self, context: &Context, name: &str, read: Option<ReadApp>) -> Result<ReadApp> {
        let read = read.ok_or_else(|| not_registered(name))?;
        self.check_member(context, read.app.name())?;
        self.check_in_service()?;
        Ok(read)
    }

    /// Whether the caller may change what is everybody's.
    pub fn check_admin(&self) -> Result<()> {
        if self.caller.is_in(ADMINS) {
            return Ok(());
        }
        Err(Error::AccessDenied("only members of the group lain may do this"))
    }

    /// Whether the caller belongs to the app.
    pub fn is_member(&self, context: &Context, app: &AppName) -> bool {
        self.caller.is_in(&context.console.group(app))
    }

    fn check_member(&self, context: &Context, app: &AppName) -> Result<()> {
        if self.is_member(context, app) {
            return Ok(());
        }
        Err(Error::AccessDenied("you are not a maintainer of this app: ask one of them to add you"))
    }

    fn check_in_service(&self) -> Result<()> {
        if self.access == Access::Deploy && !self.region.enabled {
            return Err(Error::RegionDisabled(self.region.id.to_string()));
        }
        Ok(())
    }
}

fn not_registered(app: &str) -> Error {
    Error::NotFound(Missing::App(app.to_owned()))
}
