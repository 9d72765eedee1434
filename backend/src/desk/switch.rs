//! The kill switch.

use apdu_core::fault::Code;
use etc_api::{StopLoads, SwitchScope, SwitchView};

use super::case::reason;
use super::{Desk, Error, Who};
use crate::audit::{Entry, Event};
use crate::ledger::{Scope, Switch};
use crate::random::uuid;

impl Desk<'_> {
    /// The switches that are thrown.
    pub async fn switches(&self) -> Result<Vec<SwitchView>, Error> {
        let switches = self.store.switches().await?;
        Ok(switches.into_iter().map(shown).collect())
    }

    /// Stops loads.
    pub async fn stop_loads(&self, who: &Who, request: &StopLoads) -> Result<SwitchView, Error> {
        let switch = Switch {
            id: uuid(self.random),
            scope: scope(&request.scope)?,
            reason: reason(&request.reason)?,
            operator: who.operator.clone(),
            at: self.store.now().await?,
        };
        let entry = switch_entry(who, switch.at, Event::SwitchThrown, &switch.id);
        self.store.throw_switch(&switch, &entry).await?;
        Ok(shown(switch))
    }

    /// Lets them go on.
    pub async fn let_loads_go_on(&self, who: &Who, id: &str) -> Result<(), Error> {
        let now = self.store.now().await?;
        let entry = switch_entry(who, now, Event::SwitchLifted, id);
        match self.store.lift_switch(id, &entry).await? {
            true => Ok(()),
            false => Err(Code::NoSuchCase.into()),
        }
    }
}

fn scope(scope: &SwitchScope) -> Result<Scope, Code> {
    Ok(match scope {
        SwitchScope::Province(network) => {
            let digits = network.len() == 4 && network.bytes().all(|byte| byte.is_ascii_digit());
            Scope::Province(digits.then(|| network.clone()).ok_or(Code::BadRequest)?)
        }
        SwitchScope::Banks => Scope::Banks,
        SwitchScope::Outlet(code) => Scope::Outlet(code.clone()),
        SwitchScope::Cards { first, last } if first <= last => Scope::Cards(*first, *last),
        SwitchScope::Cards { .. } => return Err(Code::BadRequest),
        SwitchScope::KeyIndex(index) => Scope::KeyIndex(*index),
    })
}

fn shown(switch: Switch) -> SwitchView {
    SwitchView {
        id: switch.id,
        scope: match switch.scope {
            Scope::Province(network) => SwitchScope::Province(network),
            Scope::Banks => SwitchScope::Banks,
            Scope::Outlet(code) => SwitchScope::Outlet(code),
            Scope::Cards(first, last) => SwitchScope::Cards { first, last },
            Scope::KeyIndex(index) => SwitchScope::KeyIndex(index),
        },
        reason: switch.reason,
        operator: switch.operator,
        at: switch.at,
    }
}

fn switch_entry(who: &Who, at: i64, event: Event, id: &str) -> Entry {
    Entry {
        at,
        operator: who.operator.clone(),
        event,
        card: None,
        record: None,
        evidence: id.as_bytes().to_vec(),
    }
}
