//! The pages, a file per task. A page watches a job and shows it; it knows neither device nor chip.

pub mod check_card;
pub mod check_tag;
pub mod day;
pub mod devices;
pub mod drawer;
pub mod faults;
pub mod home;
pub mod load;
pub mod records;
pub mod refund;
pub mod sign_in;
pub mod tags;
mod unlock;
