//! Reads from a WebAssembly module how many bytes each function takes, and its name.

use std::collections::HashMap;

const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const CODE: u8 = 10;
const DATA: u8 = 11;
/// The part of the custom section `name` that names the functions.
const FUNCTION_NAMES: u8 = 1;

/// Where the bytes of a module are.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Module {
    /// Name and size of each function; the name is empty where the module has none.
    pub functions: Vec<(String, usize)>,
    /// The data segments.
    pub data: usize,
}

/// Reads a module, or finds that it is none.
pub fn read(bytes: &[u8]) -> Option<Module> {
    let mut rest = Bytes(bytes.strip_prefix(b"\0asm\x01\0\0\0")?);
    let mut imported = 0;
    let mut sizes = Vec::new();
    let mut names = HashMap::new();
    let mut data = 0;
    while !rest.0.is_empty() {
        let id = rest.byte()?;
        let mut section = rest.vector()?;
        match id {
            IMPORTS => imported = imported_functions(&mut section)?,
            CODE => {
                for _ in 0..section.number()? {
                    sizes.push(section.vector()?.0.len());
                }
            }
            DATA => data = section.0.len(),
            CUSTOM if section.vector()?.0 == b"name" => names = function_names(&mut section)?,
            _ => {}
        }
    }
    let name = |index: usize| names.remove(&(imported + index)).unwrap_or_default();
    Some(Module {
        functions: (0..sizes.len()).map(name).zip(sizes).collect(),
        data,
    })
}

/// Functions are numbered with the imported ones first.
fn imported_functions(section: &mut Bytes) -> Option<usize> {
    let mut functions = 0;
    for _ in 0..section.number()? {
        section.vector()?;
        section.vector()?;
        match section.byte()? {
            0 => {
                section.number()?;
                functions += 1;
            }
            1 => {
                section.byte()?;
                section.limits()?;
            }
            2 => section.limits()?,
            3 => {
                section.byte()?;
                section.byte()?;
            }
            4 => {
                section.byte()?;
                section.number()?;
            }
            _ => return None,
        }
    }
    Some(functions)
}

fn function_names(section: &mut Bytes) -> Option<HashMap<usize, String>> {
    let mut names = HashMap::new();
    while !section.0.is_empty() {
        let id = section.byte()?;
        let mut part = section.vector()?;
        if id == FUNCTION_NAMES {
            for _ in 0..part.number()? {
                let index = part.number()?;
                names.insert(
                    index,
                    String::from_utf8_lossy(part.vector()?.0).into_owned(),
                );
            }
        }
    }
    Some(names)
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// An unsigned LEB128 number.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// That many bytes as the number before them says.
    fn vector(&mut self) -> Option<Bytes<'a>> {
        let length = self.number()?;
        let (vector, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Bytes(vector))
    }

    /// The size of a memory or table: the least, and the most where there is one.
    fn limits(&mut self) -> Option<()> {
        let has_most = self.byte()? & 1 == 1;
        self.number()?;
        if has_most {
            self.number()?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One imported function and memory, two functions of 2 and 4 bytes of which the second has a
    /// name, and a data section of 6 bytes.
    const SMALL: &[u8] = b"\0asm\x01\0\0\0\
        \x01\x04\x01\x60\0\0\
        \x02\x0e\x02\x01a\x01b\0\0\x01a\x01m\x02\0\x01\
        \x03\x03\x02\0\0\
        \x0a\x09\x02\x02\0\x0b\x04\0\x01\x01\x0b\
        \x0b\x06\x01\x01\x03abc\
        \0\x0d\x04name\x01\x06\x01\x02\x03two";

    #[test]
    fn reads_sizes_and_names() {
        let functions = vec![(String::new(), 2), ("two".to_owned(), 4)];
        assert_eq!(read(SMALL), Some(Module { functions, data: 6 }));
    }

    #[test]
    fn a_broken_module_is_none() {
        assert_eq!(read(b"\0elf"), None);
        for end in [9, 20, SMALL.len() - 1] {
            assert_eq!(read(&SMALL[..end]), None);
        }
    }
}
