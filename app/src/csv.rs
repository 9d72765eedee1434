//! Tables as files that a spreadsheet opens: CSV in UTF-8. The mark at the beginning tells spreadsheets
//! which; without it they show Chinese as noise.

const MARK: char = '\u{FEFF}';

/// A link that saves the table; it needs no server.
pub fn link(rows: &[Vec<String>]) -> String {
    let text = String::from(js_sys::encode_uri_component(&text(rows)));
    format!("data:text/csv;charset=utf-8,{text}")
}

fn text(rows: &[Vec<String>]) -> String {
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        cells.join(",") + "\r\n"
    };
    let lines = rows.iter().map(line);
    std::iter::once(MARK.to_string()).chain(lines).collect()
}

/// Always in quotes, so that no cell ends early.
fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_cells() {
        let rows = [
            vec!["a".to_owned(), "1,5".to_owned()],
            vec!["say \"b\"".to_owned(), String::new()],
        ];
        let expected = "\u{FEFF}\"a\",\"1,5\"\r\n\"say \"\"b\"\"\",\"\"\r\n";
        assert_eq!(text(&rows), expected);
    }
}
