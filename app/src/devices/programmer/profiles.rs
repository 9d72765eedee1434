//! The profiles of this PC: those that come with the desk, and those that a person has made of them.

use apdu_core::programmer::Profile;
use apdu_core::programmer::field::Unfit;
use leptos::prelude::*;

use crate::json;
use crate::storage;

/// Where the browser keeps what a person has made. There is no secret in it.
const KEPT_AS: &str = "etc-programmer-profiles";

/// The profiles. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Profiles(RwSignal<Vec<Profile>>);

/// Why a file is no profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoProfile {
    /// It is not JSON.
    NotJson,
    /// This part of it is missing, or of another type: where, and what the parser says.
    Malformed(String),
    /// This field cannot be so.
    Unfit(Unfit),
}

/// Another profile has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken;

impl Profiles {
    /// What the browser has kept. A profile that this page does not understand any more is left out.
    pub(super) fn kept() -> Self {
        let kept = storage::local().and_then(|s| s.get_item(KEPT_AS).ok().flatten());
        let own: Vec<Profile> = kept
            .and_then(|text| json::decode(&text))
            .unwrap_or_default();
        let own = own.into_iter().filter(|profile| profile.check().is_ok());
        Self(RwSignal::new(own.collect()))
    }

    /// Those that a person has made.
    pub fn own(self) -> Vec<Profile> {
        self.0.get()
    }

    /// All, in the order in which a device is asked: whoever has made one has a device for it.
    pub fn all(self) -> Vec<Profile> {
        together(self.0.get())
    }

    /// The same, without following what changes.
    pub(super) fn all_untracked(self) -> Vec<Profile> {
        together(self.0.get_untracked())
    }

    /// A copy of a profile, under a name that none has.
    pub fn copy(self, of: &Profile) -> Profile {
        let all = self.all_untracked();
        let id = free_name(&of.id, &all);
        Profile { id, ..of.clone() }
    }

    /// Keeps a profile in the place of the own one that had the name `was`, or beside all others.
    pub(super) fn keep(self, was: Option<&str>, profile: Profile) -> Result<(), NameTaken> {
        let all = self.all_untracked();
        let others = all.iter().filter(|other| Some(&other.id[..]) != was);
        if others.into_iter().any(|other| other.id == profile.id) {
            return Err(NameTaken);
        }
        self.0.update(
            |own| match own.iter_mut().find(|one| Some(&one.id[..]) == was) {
                Some(one) => *one = profile,
                None => own.push(profile),
            },
        );
        self.store();
        Ok(())
    }

    /// Forgets an own profile.
    pub(super) fn delete(self, id: &str) {
        self.0.update(|own| own.retain(|one| one.id != id));
        self.store();
    }

    fn store(self) {
        let text = self.0.with_untracked(json::encode);
        if let (Some(storage), Some(text)) = (storage::local(), text) {
            // A browser that keeps nothing knows them until the page is left; a file keeps them longer.
            let _ = storage.set_item(KEPT_AS, &text);
        }
    }
}

fn together(own: Vec<Profile>) -> Vec<Profile> {
    own.into_iter().chain(Profile::shipped()).collect()
}

/// `b-obu`, or `b-obu-2` where that is taken, and so on.
fn free_name(wanted: &str, all: &[Profile]) -> String {
    let is_free = |name: &String| all.iter().all(|one| one.id != *name);
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
    names.find(is_free).unwrap_or_default()
}

/// The profile of a file, as `serial-desk --profile-file` takes it too.
pub fn read(text: &str) -> Result<Profile, NoProfile> {
    let value = js_sys::JSON::parse(text).map_err(|_| NoProfile::NotJson)?;
    let value = serde_wasm_bindgen::Deserializer::from(value);
    let profile: Profile = serde_path_to_error::deserialize(value)
        .map_err(|error| NoProfile::Malformed(format!("{}: {}", error.path(), error.inner())))?;
    profile.check().map_err(NoProfile::Unfit)?;
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_first_free_name() {
        let mut all = Profile::shipped().to_vec();
        assert_eq!(free_name("new", &all), "new");
        assert_eq!(free_name("b-obu", &all), "b-obu-2");
        let second = Profile {
            id: "b-obu-2".into(),
            ..Profile::bobu()
        };
        all.push(second);
        assert_eq!(free_name("b-obu", &all), "b-obu-3");
    }
}
