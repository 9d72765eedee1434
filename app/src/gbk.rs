//! Text of the card: GBK, decoded by the browser. The tables never go into the wasm.

use web_sys::TextDecoder;

/// GBK bytes without fill as text; what cannot be decoded shows as a replacement character.
pub fn decode(bytes: &[u8]) -> String {
    // Every browser knows this label (WHATWG Encoding §4.2).
    TextDecoder::new_with_label("gb18030")
        .and_then(|decoder| decoder.decode_with_u8_array(bytes))
        .unwrap_or_default()
}
