//! The API's description of itself, OpenAPI 3.1, made from the routes.
//!
//! What a route takes and answers is read off the types of its handler, so that the description can
//! neither forget it nor say something else; method, path, access and summary stand in its [`Route`].

use std::sync::LazyLock;

use axum::extract::State;
use axum::handler::Handler;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, NoContent, Response};
use etc_api::{BUILD, Problem};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::problem::{Refused, STATUS};
use super::request::COOKIE_NAME;
use super::{Access, App, Route, routes};

/// An argument of a handler: tells what it takes from the request.
pub trait Takes {
    /// Adds it to the operation.
    fn describe(operation: &mut Operation<'_>);
}

/// What a handler answers when it does not refuse.
pub trait Answers {
    /// Adds it to the operation.
    fn describe(operation: &mut Operation<'_>);
}

/// A handler whose arguments and answer can be described.
#[diagnostic::on_unimplemented(
    message = "a part of this handler cannot be described in the API's own description",
    label = "not described, or no handler",
    note = "JSON types need `derive(JsonSchema)`, other arguments `Takes`",
    note = "an answer is `axum::Json` or `NoContent`, either with a `SetCookie` before it; a `Response` \
            does not say what is in it"
)]
pub trait Described<T>: Handler<T, App> {
    /// Adds all of them to the operation.
    fn describe(operation: &mut Operation<'_>);
}

/// For functions of so many arguments. `M` is axum's: which kind of extractor the last one is.
macro_rules! described {
    ($($argument:ident)*) => {
        impl<F, M, Fut, A, $($argument,)*> Described<(M, $($argument,)*)> for F
        where
            F: Handler<(M, $($argument,)*), App> + FnOnce($($argument),*) -> Fut,
            Fut: Future<Output = A>,
            A: Answers,
            $($argument: Takes,)*
        {
            fn describe(operation: &mut Operation<'_>) {
                $($argument::describe(operation);)*
                A::describe(operation);
            }
        }
    };
}

described!();
described!(A1);
described!(A1 A2);
described!(A1 A2 A3);
described!(A1 A2 A3 A4);
described!(A1 A2 A3 A4 A5);
described!(A1 A2 A3 A4 A5 A6);

/// The description of one route while it is made.
pub struct Operation<'a> {
    schemas: &'a mut Schemas,
    parameters: Vec<Value>,
    body: Option<Value>,
    status: StatusCode,
    answer: Map<String, Value>,
}

/// The types in use. Those of requests stand apart while they are collected: what may be left out in a
/// request may be certain in an answer.
struct Schemas {
    requests: SchemaGenerator,
    answers: SchemaGenerator,
}

impl Schemas {
    fn new() -> Self {
        let settings = SchemaSettings::draft2020_12()
            .with(|settings| settings.definitions_path = "/components/schemas".into());
        Self {
            requests: settings.clone().for_deserialize().into_generator(),
            answers: settings.for_serialize().into_generator(),
        }
    }

    /// All types by name. One that is both taken and answered is described as a request takes it, the
    /// looser of the two.
    fn into_definitions(mut self) -> Map<String, Value> {
        let mut all = self.answers.take_definitions(true);
        all.extend(self.requests.take_definitions(true));
        all
    }
}

impl Operation<'_> {
    /// The schema of a type in a request.
    pub fn schema<T: JsonSchema>(&mut self) -> Schema {
        self.schemas.requests.subschema_for::<T>()
    }

    /// A parameter in the `path` or in a `header`, which must be there.
    pub fn parameter(&mut self, place: &str, name: &str, description: &str, schema: Schema) {
        self.parameters.push(json!({
            "in": place,
            "name": name,
            "description": description,
            "required": true,
            "schema": schema,
        }));
    }

    /// The fields of a type as parameters in the query.
    pub fn query<T: JsonSchema>(&mut self) {
        let mut schema = T::json_schema(&mut self.schemas.requests).to_value();
        let required = schema["required"].take();
        let Value::Object(fields) = schema["properties"].take() else {
            return;
        };
        for (name, mut schema) in fields {
            let required = required
                .as_array()
                .is_some_and(|all| all.contains(&json!(name)));
            let description = schema
                .as_object_mut()
                .and_then(|schema| schema.remove("description"));
            self.parameters.push(json!({
                "in": "query",
                "name": name,
                "description": description.unwrap_or_default(),
                "required": required,
                "schema": schema,
            }));
        }
    }

    /// The JSON body of the request.
    pub fn body<T: JsonSchema>(&mut self) {
        let schema = self.schema::<T>();
        self.body = Some(json!({"required": true, "content": content("application/json", schema)}));
    }

    /// The JSON body of the answer.
    fn answer<T: JsonSchema>(&mut self) {
        let schema = self.schemas.answers.subschema_for::<T>();
        let content = content("application/json", schema);
        self.answer.insert("content".into(), content);
    }

    fn into_value(self, route: &Route) -> Value {
        let mut answer = self.answer;
        answer.insert("description".into(), json!("Done."));
        let mut operation = json!({
            "operationId": operation_id(route),
            "summary": route.summary,
            "parameters": self.parameters,
            "responses": {
                self.status.as_str(): answer,
                "default": {"$ref": "#/components/responses/Problem"},
            },
        });
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        match route.access {
            Access::Open => {
                operation["description"] = json!("Open to everybody.");
                operation["security"] = json!([]);
            }
            Access::Roles(roles) => {
                let names: Vec<_> = roles.iter().map(|role| json!(role)).collect();
                let list: Vec<_> = names.iter().filter_map(Value::as_str).collect();
                operation["description"] = json!(format!("Roles: {}.", list.join(", ")));
                operation["x-roles"] = json!(names);
            }
            Access::Channel => {
                operation["description"] =
                    json!("The application channel, by `Authorization: Bearer TOKEN`.");
                operation["security"] = json!([{ "channel": [] }]);
            }
        }
        operation
    }
}

fn content(kind: &str, schema: impl Into<Value>) -> Value {
    json!({kind: {"schema": schema.into()}})
}

/// Made of method and path: unique because they are, and no name in our code can change it.
fn operation_id(route: &Route) -> String {
    let path = route.path.trim_start_matches("/api/");
    let path = path.trim_start_matches("v1/").replace(['{', '}'], "");
    let id = format!("{} {path}", route.method).to_lowercase();
    id.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

// Nothing of the request.
impl Takes for State<App> {
    fn describe(_: &mut Operation<'_>) {}
}

impl<T: JsonSchema> Answers for axum::Json<T> {
    fn describe(operation: &mut Operation<'_>) {
        operation.answer::<T>();
    }
}

impl Answers for NoContent {
    fn describe(operation: &mut Operation<'_>) {
        operation.status = StatusCode::NO_CONTENT;
    }
}

impl<A: Answers> Answers for Result<A, Refused> {
    fn describe(operation: &mut Operation<'_>) {
        A::describe(operation);
    }
}

/// A header that goes with an answer.
pub type SetCookie = [(HeaderName, String); 1];

impl<A: Answers> Answers for (SetCookie, A) {
    fn describe(operation: &mut Operation<'_>) {
        A::describe(operation);
        let cookie = json!({"set-cookie": {
            "description": format!("Sets `{COOKIE_NAME}`, or takes it away."),
            "schema": {"type": "string"},
        }});
        operation.answer.insert("headers".into(), cookie);
    }
}

/// The description as an answer.
pub struct Document;

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], document()).into_response()
    }
}

impl Answers for Document {
    fn describe(operation: &mut Operation<'_>) {
        operation.answer::<Map<String, Value>>();
    }
}

/// The whole description, as it is served and kept in `docs/openapi.json`.
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        let mut document = describe(&routes(), Schemas::new());
        // Whatever else in the build keeps the order of insertion, the text stays the same.
        document.sort_all_objects();
        format!("{document:#}\n")
    });
    &DOCUMENT
}

fn describe(routes: &[Route], mut schemas: Schemas) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let operation = operation(route, &mut schemas);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation;
    }
    let problem = schemas.answers.subschema_for::<Problem>();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "ETC Desk",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("The central backend of the desk. Amounts are whole fen, times \
                milliseconds UTC, bytes hexadecimal. Every answer says the backend's build in `{BUILD}`."),
        },
        "paths": paths,
        // What holds where an operation does not say otherwise.
        "security": [{"session": []}],
        "components": {
            "schemas": schemas.into_definitions(),
            "responses": {"Problem": {
                "description": "Refused. The code says why; `x-codes` lists the codes of each HTTP status.",
                "content": content("application/problem+json", problem),
                "x-codes": codes(),
            }},
            "securitySchemes": {"session": {
                "type": "apiKey",
                "in": "cookie",
                "name": COOKIE_NAME,
                "description": "`POST /api/v1/session` sets it.",
            }},
        },
    })
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let mut operation = Operation {
        schemas,
        parameters: Vec::new(),
        body: None,
        status: StatusCode::OK,
        answer: Map::new(),
    };
    (route.describe)(&mut operation);
    operation.into_value(route)
}

/// The codes of each HTTP status.
fn codes() -> Value {
    let mut codes = Map::new();
    for (code, status) in STATUS {
        let list = codes.entry(status.to_string()).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!(code));
        }
    }
    codes.into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Where the document is kept, and how to renew it.
    const KEPT: &str = "docs/openapi.json";
    const RENEW: &str = "ETC_RENEW=1 cargo test -p etc-backend openapi";

    #[test]
    fn the_fields_of_a_query_are_parameters() {
        let mut schemas = Schemas::new();
        let mut operation = Operation {
            schemas: &mut schemas,
            parameters: Vec::new(),
            body: None,
            status: StatusCode::OK,
            answer: Map::new(),
        };
        operation.query::<apdu_core::authority::CreateRecharge>();
        assert_eq!(
            operation.parameters[0]["schema"]["description"],
            Value::Null
        );
        assert!(
            !operation.parameters[0]["schema"]
                .to_string()
                .contains("null")
        );
        let required = |name: &str| {
            let of_name = |parameter: &&Value| parameter["name"] == name;
            operation.parameters.iter().find(of_name).unwrap()["required"].clone()
        };
        assert_eq!(operation.parameters.len(), 4);
        assert_eq!(required("card"), true);
        assert_eq!(required("terminal"), false);
    }

    fn parsed() -> Value {
        serde_json::from_str(document()).unwrap()
    }

    #[test]
    fn the_kept_document_is_what_the_routes_say() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(KEPT);
        if std::env::var_os("ETC_RENEW").is_some() {
            fs::write(&file, document()).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        let differs = document()
            .lines()
            .zip(kept.lines())
            .position(|(a, b)| a != b);
        assert!(
            document() == kept,
            "{KEPT} is not what the routes say now, from line {} on. If the change is meant, renew it \
             with `{RENEW}`, and read the difference: clients rely on it.",
            differs.unwrap_or_else(|| kept.lines().count().min(document().lines().count())) + 1,
        );
    }

    #[test]
    fn every_route_is_described_with_its_roles_and_parameters() {
        let document = parsed();
        let mut ids = BTreeSet::new();
        for route in routes() {
            let method = route.method.as_str().to_lowercase();
            let operation = &document["paths"][route.path][&method];
            let place = format!("{method} {}: {operation:#}", route.path);
            let id = operation["operationId"].as_str().expect(&place);
            assert!(ids.insert(id.to_owned()), "a second {id}");
            assert!(
                !route.summary.is_empty() && !route.summary.ends_with('.'),
                "{place}"
            );
            assert!(!route.summary.contains('\n'), "{place}");
            match route.access {
                Access::Open => {
                    assert_eq!(operation["security"], json!([]), "{place}");
                    assert_eq!(operation["x-roles"], Value::Null, "{place}");
                }
                Access::Roles(roles) => {
                    assert_eq!(operation["security"], Value::Null, "{place}");
                    assert_eq!(operation["x-roles"], json!(roles), "{place}");
                }
                Access::Channel => {
                    assert_eq!(operation["security"], json!([{ "channel": [] }]), "{place}");
                    assert_eq!(operation["x-roles"], Value::Null, "{place}");
                }
            }
            // What the path names is what the handler's arguments take from it.
            let named: BTreeSet<_> = route
                .path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            let parameters = operation["parameters"].as_array().expect(&place);
            let taken: BTreeSet<_> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            assert_eq!(named, taken, "{place}");
        }
        let paths = document["paths"].as_object().unwrap().values();
        let described: usize = paths.map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(described, ids.len());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
            match value {
                Value::Array(list) => list.iter().for_each(|value| references(value, found)),
                Value::Object(fields) => {
                    found.extend(fields.get("$ref").and_then(Value::as_str));
                    fields.values().for_each(|value| references(value, found));
                }
                _ => {}
            }
        }
        let document = parsed();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() > 10, "{found:?}");
        for reference in found {
            let place = reference.strip_prefix('#').expect(reference);
            assert!(document.pointer(place).is_some(), "{reference}");
        }
    }

    /// A request's form of a type stands for both only if they differ in nothing but what may be left
    /// out. Two types of one name would differ in more.
    #[test]
    fn a_name_means_one_type() {
        fn without_optional(value: &mut Value) {
            match value {
                Value::Array(list) => list.iter_mut().for_each(without_optional),
                Value::Object(fields) => {
                    fields.remove("required");
                    fields.remove("default");
                    fields.values_mut().for_each(without_optional);
                }
                _ => {}
            }
        }
        let mut schemas = Schemas::new();
        for route in routes() {
            operation(&route, &mut schemas);
        }
        let requests = schemas.requests.take_definitions(true);
        let answers = schemas.answers.take_definitions(true);
        // The generator tells two types of one name apart by a number, which says nothing to a reader.
        for all in [&requests, &answers] {
            for name in all.keys() {
                let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
                let one = plain == name || !all.contains_key(plain) || plain == "Hex";
                assert!(one, "two types are called {plain}");
            }
        }
        for (name, mut taken) in requests {
            if let Some(mut answered) = answers.get(&name).cloned() {
                without_optional(&mut taken);
                without_optional(&mut answered);
                assert_eq!(taken, answered, "two types are called {name}");
            }
        }
    }
}
