//! How faults are armed, strike and end, whatever they are.
//!
//! A fault is armed for the n-th message that it can concern, and leaves a mark when it strikes: a
//! test that finds no mark has tested nothing.

/// What ends a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It strikes once.
    AfterOne,
    /// It strikes twice.
    AfterTwo,
    /// It strikes until the card is powered on, or the programmer initialised, again.
    AtPowerOn,
    /// It strikes until the device is plugged in again.
    AtReplug,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::AfterOne,
        Self::AfterTwo,
        Self::AtPowerOn,
        Self::AtReplug,
    ];
}

#[derive(Debug, Clone, Copy)]
struct Armed<F> {
    fault: F,
    /// Messages that it could concern and still lets pass.
    spared: u32,
    ending: Ending,
    strikes: u32,
}

/// The faults that lie in wait, and the marks of those that have struck.
#[derive(Debug, Clone)]
pub struct Faults<F> {
    armed: Vec<Armed<F>>,
    marks: Vec<F>,
}

impl<F> Default for Faults<F> {
    fn default() -> Self {
        Self {
            armed: Vec::new(),
            marks: Vec::new(),
        }
    }
}

impl<F: Copy + PartialEq> Faults<F> {
    /// Lays `fault` in wait for the message after the next `spared` ones that it can concern.
    pub fn arm(&mut self, fault: F, spared: u32, ending: Ending) {
        self.armed.push(Armed {
            fault,
            spared,
            ending,
            strikes: 0,
        });
    }

    /// Takes all faults back; the marks stay.
    pub fn disarm(&mut self) {
        self.armed.clear();
    }

    /// The faults that have struck so far, each time anew.
    pub fn marks(&self) -> &[F] {
        &self.marks
    }

    /// Asked where `fault` can strike, and nowhere else: whether it does.
    pub(crate) fn strikes(&mut self, fault: F) -> bool {
        self.find(|armed| (armed == fault).then_some(())).is_some()
    }

    /// As [`strikes`](Self::strikes), for whichever fault `pick` makes something of.
    pub(crate) fn find<T>(&mut self, pick: impl Fn(F) -> Option<T>) -> Option<T> {
        let mut found = None;
        for (index, armed) in self.armed.iter_mut().enumerate() {
            let Some(picked) = pick(armed.fault) else {
                continue;
            };
            if armed.spared > 0 {
                armed.spared -= 1;
                continue;
            }
            armed.strikes += 1;
            self.marks.push(armed.fault);
            let over = match armed.ending {
                Ending::AfterOne => true,
                Ending::AfterTwo => armed.strikes == 2,
                Ending::AtPowerOn | Ending::AtReplug => false,
            };
            found = Some((picked, over.then_some(index)));
            break;
        }
        let (picked, over) = found?;
        if let Some(index) = over {
            self.armed.remove(index);
        }
        Some(picked)
    }

    /// A card is powered on, or a programmer initialised: what lasts until then and has struck is over.
    pub(crate) fn power_on(&mut self) {
        self.armed
            .retain(|armed| armed.ending != Ending::AtPowerOn || armed.strikes == 0);
    }

    /// The device is plugged in again: what has struck is over.
    pub(crate) fn replug(&mut self) {
        self.armed.retain(|armed| armed.strikes == 0);
    }
}
