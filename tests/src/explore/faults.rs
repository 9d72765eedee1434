//! What goes wrong, and at which await, or at which USB transfer.

use etc_sim::reader::Fault;

/// What goes wrong at one await.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The card, or the tag, is taken away before the command reaches it.
    PulledBefore,
    /// It carries the command out and is taken away before its answer.
    PulledAfter,
    /// It carries the command out and its answer is lost.
    AnswerLost,
    /// The page panics while the card carries the command out: the flow is dropped, and the card stays
    /// under power as it stands. That is what neither a lost answer nor the end of the tab leaves.
    Panicked,
    /// The tab ends before the call has any effect.
    TabGoneBefore,
    /// The tab ends after the call had its effect.
    TabGoneAfter,
    /// The backend is down.
    DownBefore,
    /// The backend commits, and its answer is lost.
    DownAfter,
    /// The request is held up on its way and arrives after everything else.
    Late,
    /// The request arrives twice.
    Doubled,
    /// The card is pulled between two transfers.
    Pulled,
    /// The reader is unplugged between two transfers.
    Unplugged,
    /// The tab ends between two transfers.
    TabGone,
    /// The reader meets the next message with this.
    Reader(Fault),
    /// The chip loses its power before the command reaches it.
    PowerLost,
    /// Another tag lies there instead.
    Swapped,
    /// The chip's power fails in the middle of a write.
    TornWrite,
    /// The MAC of a write comes spoilt to the chip.
    Spoilt,
}

/// Which side of the page an await waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The card.
    Card,
    /// A file of the card that is written.
    CardWrite,
    /// The backend.
    Desk,
    /// A message that goes to the reader next.
    Message,
    /// A USB transfer that has just ended.
    Transfer,
    /// A tag that is called, or is to signal.
    Call,
    /// A tag that is read.
    Tag,
    /// A tag that is written.
    TagWrite,
}

impl Cut {
    /// Everything that can go wrong on that side.
    pub fn of(side: Side) -> &'static [Self] {
        match side {
            Side::Card => &[
                Self::PulledBefore,
                Self::PulledAfter,
                Self::AnswerLost,
                Self::Panicked,
                Self::TabGoneBefore,
                Self::TabGoneAfter,
            ],
            Side::CardWrite => &[
                Self::PulledBefore,
                Self::PulledAfter,
                Self::AnswerLost,
                Self::PowerLost,
                Self::TornWrite,
                Self::Spoilt,
                Self::Panicked,
                Self::TabGoneBefore,
                Self::TabGoneAfter,
            ],
            Side::Desk => &[
                Self::TabGoneBefore,
                Self::TabGoneAfter,
                Self::DownBefore,
                Self::DownAfter,
                Self::Late,
                Self::Doubled,
            ],
            Side::Message => &[
                Self::Pulled,
                Self::Unplugged,
                Self::TabGone,
                Self::Reader(Fault::CardPulledBefore),
                Self::Reader(Fault::CardPulledAfter),
                Self::Reader(Fault::UnpluggedAfter),
                Self::Reader(Fault::AnswerLost),
                Self::Reader(Fault::StallIn),
                Self::Reader(Fault::StallOut),
                Self::Reader(Fault::MuteAfter),
            ],
            Side::Transfer => &[Self::Pulled, Self::Unplugged, Self::TabGone],
            Side::Call => &[Self::PulledBefore, Self::TabGoneBefore, Self::Swapped],
            Side::Tag => &[
                Self::PulledBefore,
                Self::AnswerLost,
                Self::PowerLost,
                Self::Swapped,
                Self::Panicked,
                Self::TabGoneAfter,
            ],
            Side::TagWrite => &[
                Self::PulledBefore,
                Self::PulledAfter,
                Self::AnswerLost,
                Self::PowerLost,
                Self::Swapped,
                Self::TornWrite,
                Self::Spoilt,
                Self::Panicked,
                Self::TabGoneBefore,
                Self::TabGoneAfter,
            ],
        }
    }
}

/// A story's own tear: what happens at the next CREDIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// The card is pulled before CREDIT reaches it.
    Before,
    /// The card takes CREDIT and is pulled before it answers.
    After,
}

impl From<Tear> for Cut {
    fn from(tear: Tear) -> Self {
        match tear {
            Tear::Before => Self::PulledBefore,
            Tear::After => Self::PulledAfter,
        }
    }
}

/// Decides at which awaits something goes wrong.
#[derive(Clone, Debug)]
pub enum Faults {
    /// At these, by their number.
    Planned(Vec<(usize, Cut)>),
    /// At about one in so many, by chance.
    ByChance(Chance, u32),
}

impl Faults {
    /// What goes wrong at await `number`.
    pub fn at(&mut self, number: usize, side: Side) -> Option<Cut> {
        match self {
            Self::Planned(plan) => {
                let planned = plan.iter().find(|(at, _)| *at == number);
                planned.map(|&(_, cut)| cut)
            }
            Self::ByChance(chance, one_in) => {
                let hit = *one_in > 0 && chance.below(*one_in) == 0;
                hit.then(|| *chance.pick(Cut::of(side)))
            }
        }
    }
}

/// Numbers that look random and repeat with their seed: SplitMix64.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u32) -> u32 {
        // The remainder is below a number of 32 bits.
        (self.draw() % u64::from(end.max(1))) as u32
    }

    /// A sequence of its own, that follows from this one.
    pub fn fork(&mut self) -> Self {
        Self(self.draw())
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let last = of.len() as u32;
        &of[self.below(last) as usize]
    }
}
