//! JSON Schemas of the types whose JSON is written by hand: each is a string of a fixed form.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::bcd::{CardNumber, Date};
use crate::fault::Code;
use crate::hex::{Bytes, Fixed};
use crate::obu::ContractSerial;

impl<const N: usize> JsonSchema for Fixed<N> {
    fn schema_name() -> Cow<'static, str> {
        format!("Hex{N}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let example = Self(core::array::from_fn(|at| at as u8));
        json_schema!({
            "description": format!("{N} bytes as hexadecimal digits, upper case in answers."),
            "type": "string",
            "pattern": format!("^[0-9A-Fa-f]{{{}}}$", 2 * N),
            "examples": [example.to_string()],
        })
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Hex".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Any number of bytes as hexadecimal digits, upper case in answers.",
            "type": "string",
            "pattern": "^([0-9A-Fa-f]{2})*$",
            "examples": ["805C000204"],
        })
    }
}

impl JsonSchema for CardNumber {
    fn schema_name() -> Cow<'static, str> {
        "CardNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The 20 digits printed on a toll card: network (4) and internal number (16).",
            "type": "string",
            "pattern": "^[0-9]{20}$",
            "examples": ["62012201230100000017"],
        })
    }
}

impl JsonSchema for ContractSerial {
    fn schema_name() -> Cow<'static, str> {
        "ContractSerial".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The 16 digits of a tag's contract serial number.",
            "type": "string",
            "pattern": "^[0-9]{16}$",
            "examples": ["6201230100000017"],
        })
    }
}

impl JsonSchema for Date {
    fn schema_name() -> Cow<'static, str> {
        "Date".into()
    }

    // No `format`: a card may hold digits that are no day of the calendar.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Year, month and day.",
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
            "examples": ["2034-01-14"],
        })
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What went wrong, by stable and speakable code.",
            "type": "string",
            "enum": Self::ALL,
        })
    }
}
