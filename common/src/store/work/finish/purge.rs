//! Forgetting: of a service that is deleted, of its app if that only waited for it, of what was never there.

use super::super::Lease;
use super::{Finished, TRIES, contended, operations};
use crate::domain::app::App;
use crate::domain::error::Result;
use crate::domain::operation::OperationState;
use crate::domain::revision::REVISIONS_KEPT;
use crate::domain::service::Service;
use crate::domain::subject::ProjectId;
use crate::store::Store;
use crate::store::item::{number, string};
use crate::store::key::Key;
use crate::store::transaction::{ABSENT, Outcome, Transaction, failed_condition};

impl Store {
    /// Forgets a service of which the cluster has nothing left, and its app if that only waited for it.
    /// `Moved` means that the app is not as it was read.
    pub async fn purge(&self, lease: &Lease, service: &Service, app: Option<&App>) -> Result<Finished> {
        let mut transaction = Transaction::new(&self.table);
        delete_status(&mut transaction, lease)?;
        transaction.delete(Key::service(&service.id), |delete| {
            delete
                .condition_expression("uid = :uid AND desired = :deleted")
                .expression_attribute_values(":uid", string(&service.uid))
                .expression_attribute_values(":deleted", string("deleted"))
        })?;
        for slot in 0..REVISIONS_KEPT {
            transaction.delete(Key::revision(&service.id, slot), |delete| delete)?;
        }
        if let Some(app) = app {
            forget_in_app(&mut transaction, service, app)?;
        }
        match self.transact(transaction).await? {
            Outcome::Done => Ok(Finished::Settled),
            Outcome::Cancelled(reasons) if reasons.iter().take(2).any(failed_condition) => {
                Ok(Finished::LostLease)
            }
            Outcome::Cancelled(_) => Ok(Finished::Moved),
        }
    }

    /// Clears away the status of a subject that does not exist.
    pub async fn forget_status(&self, lease: &Lease) -> Result<()> {
        for _ in 0..TRIES {
            let mut transaction = Transaction::new(&self.table);
            delete_status(&mut transaction, lease)?;
            transaction.check(Key::subject(&lease.subject), ABSENT)?;
            match self.transact(transaction).await? {
                Outcome::Done => return Ok(()),
                Outcome::Cancelled(reasons) if reasons.first().is_some_and(failed_condition) => return Ok(()),
                // A new one of this name came into being: the lease was taken for nothing.
                Outcome::Cancelled(reasons) if reasons.iter().any(failed_condition) => {
                    return self.release(lease).await;
                }
                Outcome::Cancelled(_) => {}
            }
        }
        Err(contended())
    }

    /// Records that nothing is to be done for the project's namespace.
    pub async fn namespace_ready(&self, id: &ProjectId) -> Result<()> {
        for _ in 0..TRIES {
            let mut transaction = Transaction::new(&self.table);
            transaction.update(Key::project(id), "REMOVE gpk, gsk", |update| {
                update.condition_expression("attribute_exists(pk)")
            })?;
            match self.transact(transaction).await? {
                Outcome::Done => return Ok(()),
                Outcome::Cancelled(reasons) if reasons.iter().any(failed_condition) => return Ok(()),
                Outcome::Cancelled(_) => {}
            }
        }
        Err(contended())
    }
}

fn delete_status(to: &mut Transaction<'_>, lease: &Lease) -> Result<()> {
    to.delete(Key::status(&lease.subject), |delete| {
        delete
            .condition_expression("epoch = :epoch")
            .expression_attribute_values(":epoch", number(lease.epoch))
    })
}

/// One service less, or no app any more. Both hold only if the app is to go, or to stay, as it was read.
fn forget_in_app(to: &mut Transaction<'_>, service: &Service, app: &App) -> Result<()> {
    let project = service.id.project_id();
    let key = Key::app(&project, &app.name);
    if app.deleting && app.services <= 1 {
        to.delete(key, |delete| {
            delete
                .condition_expression("uid = :uid AND services = :read")
                .expression_attribute_values(":uid", string(&app.uid))
                .expression_attribute_values(":read", number(app.services))
        })?;
        to.update(Key::project(&project), "ADD apps :less", |update| {
            update.expression_attribute_values(":less", number(-1))
        })?;
        return operations::set_state(to, Key::operation(&app.uid, 1), OperationState::Succeeded);
    }
    let condition = if app.deleting {
        "uid = :uid AND attribute_exists(deleting) AND services > :one"
    } else {
        // The service's own deletion; that of an app is one operation for all of them.
        operations::succeed(to, &service.uid, service.applied.generation, service.generation)?;
        "uid = :uid AND attribute_not_exists(deleting) AND services >= :one"
    };
    to.update(key, "ADD services :less", |update| {
        update
            .condition_expression(condition)
            .expression_attribute_values(":less", number(-1))
            .expression_attribute_values(":uid", string(&app.uid))
            .expression_attribute_values(":one", number(1))
    })
}
