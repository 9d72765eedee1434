//! Applications for cards: how they come in, and what a desk sees of them.

use apdu_core::authority::CardTask;
use apdu_core::bcd::{CardNumber, Date};
use serde::{Deserialize, Serialize};

/// A bank 合作银行 whose outlets issue cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Bank {
    /// 兰州银行
    Lanzhou,
    /// 甘肃银行
    Gansu,
    /// 工商银行
    Icbc,
    /// 农业银行
    Abc,
    /// 农信联社
    RuralCredit,
    /// 建设银行
    Ccb,
    /// 邮储银行
    Psbc,
}

impl Bank {
    /// All of them, in the order of the guides.
    pub const ALL: [Self; 7] = [
        Self::Lanzhou,
        Self::Gansu,
        Self::Icbc,
        Self::Abc,
        Self::RuralCredit,
        Self::Ccb,
        Self::Psbc,
    ];
}

/// `POST /api/v1/applications`, by the application channel with its own credential: up to 500 at once. Good ones
/// are kept, bad ones are listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApplications {
    /// The applications.
    pub applications: Vec<NewApplication>,
}

/// One application as the channel hands it in. The channel's own number makes it one: the same number with the
/// same content again is no second one, with other content it is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApplication {
    /// The channel's own number, 1 to 32 letters, digits and hyphens.
    pub number: String,
    /// Plate 车牌号码.
    pub plate: String,
    /// Plate colour 车牌颜色, reference §7.1.
    pub plate_colour: u8,
    /// Vehicle class 车型, reference §7.2.
    pub vehicle_class: u8,
    /// User type 用户类型, reference §7.3.
    pub user_type: u8,
    /// Card type: 22 储值卡 or 23 记账卡.
    pub card_type: u8,
    /// Holder's name 姓名.
    pub name: String,
    /// The name as the card is to hold it, where the card's character set lacks a character of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_on_card: Option<String>,
    /// Type of identity document, reference §7.4.
    pub id_type: u16,
    /// Its number.
    pub id_number: String,
    /// Phone 电话号码, 11 digits.
    pub phone: String,
    /// The bank whose outlet serves the customer; missing: an own outlet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<Bank>,
    /// The vehicle as its licence describes it, where the channel has it; a tag is written with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vehicle: Option<LicensedVehicle>,
}

/// A vehicle as its licence 行驶证 describes it. Millimetres and kilograms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LicensedVehicle {
    /// Length, mm.
    pub length: u32,
    /// Width, mm.
    pub width: u32,
    /// Height, mm.
    pub height: u32,
    /// Seats 核定载客.
    pub seats: u8,
    /// What only a coach 客车, or only a truck or special vehicle, has.
    #[serde(flatten)]
    pub body: LicensedBody,
}

/// What only one of the two kinds has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "body", rename_all = "snake_case")]
pub enum LicensedBody {
    /// Classes 1 to 4.
    Coach {
        /// Wheels.
        wheels: u8,
        /// Axles.
        axles: u8,
        /// Wheelbase 轴距, mm.
        wheelbase: u32,
        /// Engine number 发动机号, at most 16 characters.
        engine: String,
    },
    /// Classes 11 to 16 and 21 to 26.
    Truck {
        /// Permitted load 核定载质量, kg.
        permitted_load: u32,
        /// Curb mass 整备质量, kg.
        curb_mass: u32,
        /// Gross mass 总质量, kg.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gross_mass: Option<u32>,
        /// Vehicle identification number 车辆识别代号, 17 characters.
        vin: String,
    },
}

/// Answer of `POST /api/v1/applications`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TakenApplications {
    /// How many are new.
    pub new: u32,
    /// How many were there already, the same.
    pub known: u32,
    /// Those that were not taken.
    pub bad: Vec<BadApplication>,
}

/// An application that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BadApplication {
    /// Its place in the batch, from 1; in a file, its line.
    pub line: u32,
    /// The channel's number, where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What is wrong, in the order of the fields; without their contents.
    pub flaws: Vec<ApplicationFlaw>,
}

/// What is wrong with an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApplicationFlaw {
    /// The line cannot be read as an application at all, or has a field that nobody knows.
    Unreadable,
    /// The channel's number.
    Number,
    /// The same number was handed in with other content.
    NumberReused,
    /// A plate that no rule allows.
    Plate,
    /// A colour outside the table, or one that does not go with the plate.
    PlateColour,
    /// A vehicle class outside the table.
    VehicleClass,
    /// A user type outside the table.
    UserType,
    /// Neither stored-value nor credit card.
    CardType,
    /// An empty name, one that is too long, or one that the card cannot hold.
    Name,
    /// A type of document outside the table.
    IdType,
    /// A number with a wrong check digit, length or character for its type.
    IdNumber,
    /// Not a phone number.
    Phone,
    /// Data of the vehicle that do not go with its class or have no place on a tag.
    Vehicle,
}

/// `GET /api/v1/applications?…`: what a desk looks for. Plate and colour together, or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApplicationQuery {
    /// Plate 车牌号码, whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate: Option<String>,
    /// Plate colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plate_colour: Option<u8>,
    /// Which state; missing: with a plate all, without one those that are not finished (open or begun).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ApplicationState>,
    /// Handed in on this day or later, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Handed in on this day or before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// `POST /api/v1/applications/find`: the applications of a person, by a number that stands in no address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FindApplicant {
    /// By the number of the identity document, whole.
    IdNumber(String),
    /// By phone, whole.
    Phone(String),
}

/// One page of them, newest first, eight at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApplicationPage {
    /// The lines.
    pub lines: Vec<ApplicationLine>,
    /// Where the next page begins; missing on the last.
    pub next: Option<String>,
}

/// An application in the list; personal data masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApplicationLine {
    /// Its identity.
    pub id: String,
    /// Where it stands.
    pub state: ApplicationState,
    /// Plate 车牌号码.
    pub plate: String,
    /// Plate colour.
    pub plate_colour: u8,
    /// Vehicle class.
    pub vehicle_class: u8,
    /// Card type: 22 or 23.
    pub card_type: u8,
    /// The holder's name, masked: `张*`.
    pub name: String,
    /// The bank; missing: an own outlet.
    pub bank: Option<Bank>,
    /// When it was handed in, ms UTC.
    pub at: i64,
    /// Who works on it now, a display name; missing: nobody, or the asker.
    pub locked_by: Option<String>,
}

/// Where an application stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// 待办理
    Open,
    /// A card was signed for it and is not finished: 办理中
    Begun,
    /// 已办理
    Issued,
    /// 已撤回, by the channel, or given up at a desk.
    Withdrawn,
}

/// `POST /api/v1/applications/{id}/open`: a teller takes it up, and it is locked for the others for 10 minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpenedApplication {
    /// What the list shows of it.
    pub line: ApplicationLine,
    /// The channel's number.
    pub number: String,
    /// Type of identity document.
    pub id_type: u16,
    /// Its number, masked: `6201**********0017`.
    pub id_number: String,
    /// Phone, masked: `138****0017`.
    pub phone: String,
    /// Whether a bank card number is wanted here.
    pub wants_bank_card: bool,
    /// The card that the vehicle has now, if it has one: only an exchange or a replacement may follow. Or else its last
    /// one on the blacklist: a new card may follow as well.
    pub old_card: Option<CardNumber>,
    /// Its validity, first and last day, as a new card would get it.
    pub validity: [Date; 2],
    /// Its task that is not finished.
    pub open_task: Option<CardTask>,
}

/// Answer of `POST /api/v1/applications/{id}/reveal`, while the teller holds the data open: whose application it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RevealedPerson {
    /// Holder's name 姓名.
    pub name: String,
    /// Number of the identity document.
    pub id_number: String,
    /// Phone 电话号码.
    pub phone: String,
}

/// `POST /api/v1/applications/{id}/give-up`, by the teller who has it open: nobody wants a card for it any more, though
/// one was begun. What is half written is blacklisted and has to be handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GiveUpApplication {
    /// Why, in the teller's words.
    pub reason: String,
}

/// `POST /api/v1/applications/withdraw`, by the channel: takes an application back that was not begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WithdrawApplication {
    /// The channel's number.
    pub number: String,
}

/// One line of `GET /api/v1/card-stock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardStockLine {
    /// Code of the outlet; missing for the central stock.
    pub outlet: Option<String>,
    /// Card type: 22 or 23.
    pub card_type: u8,
    /// Back-office status.
    pub status: apdu_core::authority::CardStatus,
    /// Whether they are issued.
    pub issued: bool,
    /// How many.
    pub cards: u32,
}

/// `POST /api/v1/card-stock/hand-out`: cards that are not issued go to an outlet, all of them or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandOutCards {
    /// Code of the outlet.
    pub outlet: String,
    /// Their numbers, at most 200.
    pub cards: Vec<CardNumber>,
}

/// `POST /api/v1/cards/{number}/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetCardStatus {
    /// `normal` (解除), `suspended` (挂起), `lost` (挂失), `damaged` (损坏: handed in, a second person ticks) or
    /// `blacklisted` (黑名单).
    pub status: apdu_core::authority::CardStatus,
    /// Why, in the supervisor's words.
    pub reason: String,
}
