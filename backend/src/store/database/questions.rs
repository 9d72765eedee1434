//! Statements that take more than a line, most of them about what grows without end. Each of those finds its
//! rows by an index.

use super::statement::{Statement, sql};
use crate::store::RecordSearch;

/// The records of a search, newest first. Outlet and time only narrow what plate, card, `unsettled` or `by_log`
/// find: they have no index of their own, which would lead through all that an outlet ever had.
pub fn records(search: &RecordSearch) -> Statement {
    // Conditions as the indexes have them, word for word: a partial index is found by them.
    let mut found = sql("SELECT * FROM recharge WHERE TRUE");
    if let Some((plate, colour)) = &search.plate {
        found = found
            .more(" AND card IN (SELECT number FROM card WHERE plate = ")
            .value(plate)
            .more(" AND plate_colour = ")
            .value(*colour)
            .more(")");
    }
    if let Some(card) = search.card {
        found = found.more(" AND card = ").value(card);
    }
    if let Some(outlet) = &search.outlet {
        found = found.more(" AND outlet = ").value(outlet);
    }
    if search.unsettled {
        found = found.more(
            " AND state IN ('paid', 'loading', 'refunding', 'conflict') \
             AND (state <> 'paid' OR EXISTS (SELECT 1 FROM counter_book \
             WHERE counter_book.card = recharge.card \
             AND counter_book.counter >= recharge.created_counter \
             AND counter_book.spender IN ('lost', 'unknown')))",
        );
    }
    if search.by_log {
        found = found.more(" AND state = 'loaded' AND proved_by = 'counter-and-log'");
    }
    if let Some(before) = search.before {
        found = found.more(" AND created_at < ").value(before);
    }
    found
        .more(" ORDER BY created_at DESC, id DESC LIMIT ")
        .value(search.limit)
}

/// What outlets took, gave back and loaded between two moments (ms UTC).
pub fn takings(from: i64, to: i64) -> Statement {
    let takings = sql("SELECT outlet, CAST(SUM(cash) AS BIGINT) AS cash, \
         CAST(SUM(pos) AS BIGINT) AS pos, CAST(SUM(given_back) AS BIGINT) AS given_back, \
         CAST(SUM(loaded) AS BIGINT) AS loaded, CAST(SUM(payments) AS BIGINT) AS payments FROM (\
         SELECT outlet, CASE kind WHEN 'cash' THEN amount ELSE 0 END AS cash, \
         CASE kind WHEN 'pos' THEN amount ELSE 0 END AS pos, \
         0 AS given_back, 0 AS loaded, 1 AS payments FROM payment WHERE at >= $1 AND at < $2 \
         UNION ALL SELECT outlet, 0, 0, amount, 0, 0 FROM money_back WHERE at >= $1 AND at < $2 \
         UNION ALL SELECT outlet, 0, 0, 0, amount, 0 FROM recharge \
         WHERE state = 'loaded' AND proved_second >= $3 AND proved_second < $4\
         ) AS parts GROUP BY outlet ORDER BY outlet");
    takings
        .bind(from)
        .bind(to)
        .bind(first_second(from))
        .bind(first_second(to))
}

/// The first whole second at this moment (ms UTC) or after.
fn first_second(ms: i64) -> i64 {
    ms.div_euclid(1_000) + i64::from(ms.rem_euclid(1_000) != 0)
}

/// The last line of every chain that grew between two moments. The moments stand there twice so that a planner
/// need not go through the whole trail to join it with a day's part of it.
pub fn audit_heads(from: i64, to: i64) -> Statement {
    let heads = sql("SELECT * FROM audit_line WHERE at >= $1 AND at < $2 \
         AND (chain, number) IN (SELECT chain, MAX(number) FROM audit_line \
         WHERE at >= $1 AND at < $2 GROUP BY chain) ORDER BY chain");
    heads.bind(from).bind(to)
}
