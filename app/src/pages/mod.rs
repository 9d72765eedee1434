//! The pages, a file per task. A page watches a job and shows it; it knows neither device nor chip. The rest of the
//! page sees sign-in, and [`PageHere`] for all others.

mod cards;
mod check_card;
mod check_tag;
mod course;
mod day;
mod devices;
mod drawer;
mod faults;
mod fetched;
mod home;
mod load;
mod records;
mod refund;
mod sign_in;
mod stock;
mod tags;
mod unlock;
mod vouched;
mod waiting;

pub use fetched::{PageHere, fetch_all};
pub use sign_in::SignInPage;
