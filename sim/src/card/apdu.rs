//! A command APDU as the card sees it, and the status words it answers.

/// A short command APDU, ISO/IEC 7816-3 cases 1 to 4.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command<'a> {
    /// CLA and INS.
    pub head: [u8; 2],
    /// P1.
    pub p1: u8,
    /// P2.
    pub p2: u8,
    /// The body; empty in cases 1 and 2.
    pub body: &'a [u8],
    /// Le as written; 0 stands for "all".
    pub le: Option<u8>,
    /// The five header bytes and the body, what a secure-messaging MAC runs over.
    pub header: [u8; 5],
}

impl<'a> Command<'a> {
    /// Splits a command; `6700` when header, Lc and Le do not fit its length.
    pub fn parse(apdu: &'a [u8]) -> Result<Self, Sw> {
        let (head, rest) = match apdu {
            [cla, ins, p1, p2, rest @ ..] => ([*cla, *ins, *p1, *p2], rest),
            _ => return Err(Sw::WRONG_LENGTH),
        };
        let (lc, body, le): (u8, &[u8], _) = match rest {
            [] => (0, &[], None),
            [le] => (*le, &[], Some(*le)),
            [0, ..] => return Err(Sw::WRONG_LENGTH),
            [lc, rest @ ..] => match rest.split_at_checked(usize::from(*lc)) {
                Some((body, [])) => (*lc, body, None),
                Some((body, [le])) => (*lc, body, Some(*le)),
                _ => return Err(Sw::WRONG_LENGTH),
            },
        };
        let [cla, ins, p1, p2] = head;
        Ok(Self {
            head: [cla, ins],
            p1,
            p2,
            body,
            le,
            header: [cla, ins, p1, p2, lc],
        })
    }

    /// The body as exactly `N` bytes, or `6700`.
    pub fn body<const N: usize>(&self) -> Result<[u8; N], Sw> {
        self.body.try_into().map_err(|_| Sw::WRONG_LENGTH)
    }

    /// An answer to a command without a body, whose length is fixed: Le must be 0 or right
    /// (`6Cxx` otherwise, ISO/IEC 7816-4 §5.6).
    ///
    /// Commands with a body do not come here: on T=0 their Le never reaches the card.
    pub fn exactly(&self, data: Vec<u8>) -> Answer {
        // A record or file part is at most 255 bytes here.
        let length = data.len() as u8;
        match self.le {
            None => Err(Sw::WRONG_LENGTH),
            Some(0) => Ok(data),
            Some(le) if le == length => Ok(data),
            Some(_) => Err(Sw::wrong_le(length)),
        }
    }
}

/// What a command yields: response data, or a status word other than `9000`.
pub(crate) type Answer = Result<Vec<u8>, Sw>;

/// A status word (reference §2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sw(pub u16);

impl Sw {
    pub const MEMORY_FAILURE: Self = Self(0x6581);
    pub const WRONG_LENGTH: Self = Self(0x6700);
    pub const INCOMPATIBLE_FILE: Self = Self(0x6981);
    pub const SECURITY_STATUS: Self = Self(0x6982);
    pub const BLOCKED: Self = Self(0x6983);
    pub const NO_CHALLENGE: Self = Self(0x6984);
    pub const CONDITIONS: Self = Self(0x6985);
    pub const NO_CURRENT_FILE: Self = Self(0x6986);
    pub const WRONG_SM_MAC: Self = Self(0x6988);
    pub const WRONG_DATA: Self = Self(0x6A80);
    pub const FILE_NOT_FOUND: Self = Self(0x6A82);
    pub const RECORD_NOT_FOUND: Self = Self(0x6A83);
    pub const WRONG_P1_P2: Self = Self(0x6A86);
    pub const KEY_NOT_FOUND: Self = Self(0x6A88);
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    pub const WRONG_INS: Self = Self(0x6D00);
    pub const WRONG_CLA: Self = Self(0x6E00);
    pub const WRONG_MAC2: Self = Self(0x9302);
    pub const LOCKED: Self = Self(0x9303);
    pub const AMOUNT: Self = Self(0x9401);
    pub const COUNTER_AT_END: Self = Self(0x9402);
    pub const NO_SUCH_KEY: Self = Self(0x9403);
    pub const NO_PROOF: Self = Self(0x9406);

    /// `63Cx`: PIN wrong, `x` tries left.
    pub fn tries_left(tries: u8) -> Self {
        Self(0x63C0 | u16::from(tries.min(15)))
    }

    /// `6Cxx`: the right Le is `xx`.
    fn wrong_le(length: u8) -> Self {
        Self(0x6C00 | u16::from(length))
    }
}

/// Data ‖ SW1 ‖ SW2 as it leaves the card.
pub(crate) fn encode(answer: Answer) -> Vec<u8> {
    let (mut data, sw) = match answer {
        Ok(data) => (data, 0x9000),
        Err(Sw(sw)) => (Vec::new(), sw),
    };
    data.extend(sw.to_be_bytes());
    data
}
