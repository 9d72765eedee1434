//! The protocol, from bytes written down after the kernel's documentation.

use super::*;
use crate::demo;
use crate::hex::{bytes, text};
use crate::reader::{Ending, Fault, LATE, Model, Reader};

fn device(model: Model) -> Device {
    let mut reader = Reader::with(model);
    reader.insert(demo::card("normal").unwrap());
    Device::new(vec![reader])
}

/// One client and the device it has imported.
struct Client {
    connection: Connection,
    device: Device,
}

impl Client {
    fn fresh(device: Device) -> Self {
        Self {
            connection: Connection::default(),
            device,
        }
    }

    fn imported(model: Model) -> Self {
        let mut client = Self::fresh(device(model));
        client.say(&import("1-1"));
        client
    }

    fn say(&mut self, hex: &str) -> String {
        self.connection
            .receive(&mut self.device, true, 0, &bytes(hex));
        text(&self.connection.transmit())
    }

    fn wait_until(&mut self, now: Millis) -> String {
        self.connection.pump(&mut self.device, now);
        text(&self.connection.transmit())
    }

    /// Waits on bulk IN under number 90 and says `message` to bulk OUT; what comes in. The device has
    /// nothing to say before.
    fn exchange(&mut self, message: &str) -> String {
        assert_eq!(self.say(&submit(0x90, 1, 2, 512, "")), "");
        let both = self.say(&submit(0x91, 0, 1, bytes(message).len(), message));
        let sent = returned(0x91, 0, bytes(message).len());
        let data = both.strip_prefix(&sent).unwrap();
        assert_eq!(&data[..16], "0000000300000090");
        data[96..].to_owned()
    }
}

/// OP_REQ_IMPORT.
fn import(bus_id: &str) -> String {
    let name = text(bus_id.as_bytes());
    format!("01118003 00000000 {name:0<64}")
}

/// USBIP_CMD_SUBMIT as the documentation's example has it: device 0001000f, no isochronous packets,
/// interval 4.
fn submit(sequence: u32, direction: u32, endpoint: u32, length: usize, data: &str) -> String {
    format!(
        "00000001 {sequence:08x} 0001000f {direction:08x} {endpoint:08x} 00000000 {length:08x} \
         00000000 ffffffff 00000004 0000000000000000 {data}"
    )
}

/// A control request: USBIP_CMD_SUBMIT to endpoint 0 with its setup packet.
fn control(sequence: u32, direction: u32, setup: &str) -> String {
    let setup = text(&bytes(setup));
    let length = u16::from_str_radix(&setup[12..], 16).unwrap().swap_bytes();
    format!(
        "00000001 {sequence:08x} 0001000f {direction:08x} 00000000 00000200 {length:08x} 00000000 \
         00000000 00000000 {setup}"
    )
}

/// USBIP_RET_SUBMIT as the documentation's example has it.
fn returned(sequence: u32, status: i32, length: usize) -> String {
    let answer = format!(
        "00000003 {sequence:08x} 00000000 00000000 00000000 {status:08x} {length:08x} 00000000 \
         ffffffff 00000000 00000000 00000000"
    );
    text(&bytes(&answer))
}

/// The answer to a control request, which says that there are 0 isochronous packets as the request.
fn controlled(sequence: u32, status: i32, data: &str) -> String {
    let data = text(&bytes(data));
    returned(sequence, status, data.len() / 2).replace("FFFFFFFF00", "0000000000") + &data
}

#[test]
fn the_list_describes_the_device_and_its_interfaces() {
    let mut client = Client::fresh(device(Model::short_apdu()));
    let list = client.say("01118005 00000000");
    // Version, reply code, status, one device; then 312 bytes and 4 per interface.
    assert_eq!(&list[..24], "011100050000000000000001");
    assert_eq!(list.len(), 2 * (12 + 312 + 4));
    let field = |at: usize, length: usize| &list[2 * at..2 * (at + length)];
    assert_eq!(bytes(field(0x10C, 4)), b"1-1\0");
    // Bus 1, device 2, full speed, 1209:0001, 1.00, class of the interfaces, configuration 1 of 1.
    let numbers = "00000001 00000002 00000002 1209 0001 0100 000000 01 01 01";
    assert_eq!(field(0x12C, 24), text(&bytes(numbers)));
    assert_eq!(field(0x144, 4), "FF000000");
    assert!(client.connection.has_ended());
    let mut fast = Client::fresh(device(Model {
        high_speed: true,
        class: 0x0B,
        keyboard_first: true,
        ..Model::short_apdu()
    }));
    let list = fast.say("01118005 00000000");
    assert_eq!(&list[2 * 0x134..2 * 0x138], "00000003");
    assert_eq!(&list[2 * 0x144..], "030001000B000000");
}

#[test]
fn an_import_is_granted_to_one_client_that_knows_the_bus_id() {
    let mut client = Client::fresh(device(Model::short_apdu()));
    // In two pieces, as TCP may have it.
    let request = import("1-1");
    assert_eq!(client.say(&request[..20]), "");
    let granted = client.say(&request[20..]);
    assert_eq!(&granted[..16], "0111000300000000");
    assert_eq!(granted.len(), 2 * (8 + 312));
    assert!(client.connection.has_imported());
    for other in ["1-2", "1-11", ""] {
        let mut client = Client::fresh(device(Model::short_apdu()));
        assert_eq!(client.say(&import(other)), "0111000300000001", "{other}");
        assert!(client.connection.has_ended());
    }
    let mut second = Connection::default();
    second.receive(&mut client.device, false, 0, &bytes(&import("1-1")));
    assert_eq!(text(&second.transmit()), "0111000300000001");
    let mut stranger = Client::fresh(device(Model::short_apdu()));
    assert_eq!(stranger.say("0106800500000000"), "");
    assert!(stranger.connection.has_ended());
}

#[test]
fn a_kernel_finds_its_way_through_the_descriptors() {
    let mut client = Client::imported(Model::short_apdu());
    let head = client.say(&control(1, 1, "8006000100004000"));
    let expected = "12010002000000400912010000010102 0301";
    assert_eq!(head, controlled(1, 0, expected));
    let config = client.say(&control(2, 1, "8006000200000900"));
    assert_eq!(config, controlled(2, 0, "09025D000101008032"));
    let language = client.say(&control(3, 1, "800600030000FF00"));
    assert_eq!(language, controlled(3, 0, "04030904"));
    // A full-speed device has no qualifier: the endpoint stalls (EPIPE, 32).
    let qualifier = client.say(&control(4, 1, "8006000600000A00"));
    assert_eq!(qualifier, controlled(4, -32, ""));
    // SET_CONFIGURATION 1, GET_STATUS of the device, GET_STATUS of bulk IN.
    let configured = client.say(&control(5, 0, "0009010000000000"));
    assert_eq!(configured, controlled(5, 0, ""));
    let status = client.say(&control(6, 1, "8000000000000200"));
    assert_eq!(status, controlled(6, 0, "0000"));
    let status = client.say(&control(7, 1, "8200000082000200"));
    assert_eq!(status, controlled(7, 0, "0000"));
}

#[test]
fn a_command_goes_out_and_its_answer_wakes_the_transfer_that_waits() {
    let mut client = Client::imported(Model::short_apdu());
    let answer = client.exchange("62000000000001000000");
    assert!(answer.starts_with("80110000000001000000"), "{answer}");
    // The interrupt endpoint has had its say about the card since it was put in.
    let told = client.say(&submit(0x92, 1, 3, 8, ""));
    assert_eq!(told, returned(0x92, 0, 2) + "5003");
}

#[test]
fn a_transfer_that_waits_can_be_unlinked_and_is_never_answered() {
    let mut client = Client::imported(Model::short_apdu());
    assert_eq!(client.say(&submit(5, 1, 2, 64, "")), "");
    let zeros = "00".repeat(24);
    let unlink = |sequence: u32, unlinked: u32| {
        format!("00000002 {sequence:08x} 0001000f 00000000 00000000 {unlinked:08x} {zeros}")
    };
    let unlinked = |sequence: u32, status: i32| {
        let head = format!("00000004 {sequence:08x} 00000000 00000000 00000000 {status:08x}");
        text(&bytes(&head)) + &zeros
    };
    // ECONNRESET, 104.
    assert_eq!(client.say(&unlink(6, 5)), unlinked(6, -104));
    let sent = client.say(&submit(7, 0, 1, 10, "65000000000001000000"));
    assert_eq!(sent, returned(7, 0, 10), "nobody waits");
    // Unlinked too late: status 0.
    assert_eq!(client.say(&unlink(8, 7)), unlinked(8, 0));
    let status = client.say(&submit(9, 1, 2, 64, ""));
    assert_eq!(status, returned(9, 0, 10) + "81000000000001010000");
}

#[test]
fn two_transfers_on_one_endpoint_are_served_in_their_order() {
    let mut client = Client::imported(Model {
        empty_packets: true,
        ..Model::short_apdu()
    });
    client.exchange("62000000000001000000");
    assert_eq!(client.say(&submit(1, 1, 2, 64, "")), "");
    assert_eq!(client.say(&submit(2, 1, 2, 64, "")), "");
    // 52 bytes of a file: a whole packet, then an empty one.
    let both = client.say(&submit(3, 0, 1, 15, "6F05000000000200000000B0960034"));
    let both = both.strip_prefix(&returned(3, 0, 15)).unwrap();
    let first = returned(1, 0, 64);
    assert!(both.starts_with(&first));
    assert_eq!(both[first.len() + 128..], returned(2, 0, 0));
}

#[test]
fn halts_babble_and_short_transfers_have_their_error_numbers() {
    let mut client = Client::imported(Model::short_apdu());
    // A message that ends within its header halts both endpoints.
    assert_eq!(client.say(&submit(1, 0, 1, 1, "65")), returned(1, -32, 0));
    assert_eq!(client.say(&submit(2, 1, 2, 64, "")), returned(2, -32, 0));
    for (sequence, endpoint) in [(3, "01"), (4, "82")] {
        let clear = control(sequence, 0, &format!("02010000{endpoint}000000"));
        assert_eq!(client.say(&clear), controlled(sequence, 0, ""));
    }
    // EOVERFLOW, 75: ten bytes do not fit four.
    client.say(&submit(5, 0, 1, 10, "65000000000001000000"));
    assert_eq!(client.say(&submit(6, 1, 2, 4, "")), returned(6, -75, 0));
    // URB_SHORT_NOT_OK: EREMOTEIO, 121, with the data there is.
    client.say(&submit(7, 0, 1, 10, "65000000000001000000"));
    let strict = submit(8, 1, 2, 64, "").replacen(" 00000000 00000040", " 00000001 00000040", 1);
    let short = client.say(&strict);
    assert_eq!(short, returned(8, -121, 10) + "81000000000001010000");
    // Endpoints that are not there.
    assert_eq!(client.say(&submit(9, 1, 5, 64, "")), returned(9, -32, 0));
    assert_eq!(client.say(&submit(10, 0, 5, 1, "00")), returned(10, -32, 0));
}

#[test]
fn an_empty_packet_is_sent_after_whole_packets_where_the_transfer_asks_for_it() {
    let mut client = Client::imported(Model::short_apdu());
    // 64 of the 74 bytes of a message. Only the empty packet ends it too early.
    let mut message = "6F40000000000100000004D696003B".to_owned();
    message += &"00".repeat(64 - message.len() / 2);
    let whole = submit(1, 0, 1, 64, &message);
    client.say(&whole);
    assert_eq!(client.say(&submit(2, 1, 2, 64, "")), "", "it may go on");
    let ended = whole.replacen(" 00000000 00000040", " 00000040 00000040", 1);
    let mut client = Client::imported(Model::short_apdu());
    client.say(&ended);
    let length_error = client.say(&submit(2, 1, 2, 64, ""));
    assert_eq!(length_error, returned(2, 0, 10) + "80000000000001410100");
}

#[test]
fn isochronous_transfers_are_refused_and_leave_the_stream_whole() {
    let mut client = Client::imported(Model::short_apdu());
    let one_packet = submit(1, 1, 4, 64, "").replacen("ffffffff", "00000001", 1);
    let refused = client.say(&format!("{one_packet} {}", "00".repeat(16)));
    assert_eq!(refused, controlled(1, -32, ""));
    let status = client.say(&control(2, 1, "8000000000000200"));
    assert_eq!(status, controlled(2, 0, "0000"));
}

#[test]
fn a_late_answer_comes_when_its_time_has_come() {
    let mut client = Client::imported(Model::short_apdu());
    client.device.readers_mut()[0].arm(Fault::Late, 0, Ending::AfterOne);
    client.say(&submit(1, 1, 2, 64, ""));
    client.say(&submit(2, 0, 1, 10, "62000000000001000000"));
    assert_eq!(client.device.next_due(), Some(LATE));
    assert_eq!(client.wait_until(LATE - 1), "");
    let answer = client.wait_until(LATE);
    assert!(answer.starts_with(&returned(1, 0, 27)), "{answer}");
}

#[test]
fn unplugging_ends_the_connection_and_the_device_is_listed_no_more() {
    let mut client = Client::imported(Model::short_apdu());
    client.device.readers_mut()[0].arm(Fault::UnpluggedBefore, 0, Ending::AfterOne);
    client.say(&submit(1, 0, 1, 10, "62000000000001000000"));
    assert!(client.connection.has_ended());
    let mut next = Client::fresh(client.device);
    assert_eq!(next.say("0111800500000000"), "011100050000000000000000");
    next.connection = Connection::default();
    assert_eq!(next.say(&import("1-1")), "0111000300000001");
    next.device.plug_in();
    next.connection = Connection::default();
    assert!(next.say(&import("1-1")).starts_with("0111000300000000"));
}

#[test]
fn nonsense_ends_the_connection() {
    for nonsense in [
        // No such command; a buffer of 2 GiB.
        submit(1, 1, 2, 64, "").replacen("00000001", "00000009", 1),
        submit(1, 1, 2, 0x8000_0000, ""),
    ] {
        let mut client = Client::imported(Model::short_apdu());
        assert_eq!(client.say(&nonsense), "");
        assert!(client.connection.has_ended());
    }
}
