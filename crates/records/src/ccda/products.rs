//! Product instances, such as implants → Device.

use serde_json::{Value, json};

use super::actors::referring;
use super::context::Context;
use super::fields::Fields;
use super::identifiers::identifiers;
use super::keys::hashed;
use super::node::Node;

const INSTANCE: &str = "2.16.840.1.113883.10.20.22.4.37";
const UDI_ORGANIZER: &str = "2.16.840.1.113883.10.20.22.4.311";
const FDA: &str = "2.16.840.1.113883.3.3719";

/// What a unique device identifier or the observations about one say.
#[derive(Default)]
struct Label {
    device: Option<String>,
    issuer: Option<String>,
    lot: Option<String>,
    serial: Option<String>,
    distinct: Option<String>,
    made: Option<String>,
    expires: Option<String>,
    model: Option<String>,
    brand: Option<String>,
    company: Option<String>,
}

impl<'a> Context<'a> {
    /// References to the Devices among the participants of an act.
    pub fn products(&mut self, act: Node<'a>) -> Vec<Value> {
        let roles = act.children("participant").filter_map(|one| one.child("participantRole"));
        let roles = roles.filter(|role| {
            role.is_a(INSTANCE) || role.attr("classCode") == Some("MANU") || role.child("playingDevice").is_some()
        });
        let mut out: Vec<Value> = Vec::new();
        for role in roles {
            if let Some(product) = self.product(act, role)
                && !out.contains(&product)
            {
                out.push(product);
            }
        }
        out
    }

    fn product(&mut self, act: Node<'a>, role: Node<'a>) -> Option<Value> {
        let entity = role.child("playingDevice").or_else(|| role.child("playingEntity"));
        let kind = entity.and_then(|entity| entity.child("code")).map_or(Value::Null, |code| self.concept(code));
        let model = entity.and_then(|entity| entity.child("manufacturerModelName")).and_then(Node::text);
        let name = entity.and_then(|entity| entity.child("name")).and_then(Node::text);
        let carrier = role.children("id").find(|id| id.attr("root") == Some(FDA)).and_then(|id| id.attr("extension"));
        let identifiers = identifiers(role);
        if kind.is_null() && model.is_none() && name.is_none() && identifiers.is_empty() {
            return None;
        }
        let mut label = carrier.map(Label::read).unwrap_or_default();
        act.related_a(UDI_ORGANIZER).for_each(|organizer| label.add(self, organizer));
        let maker = role.child("scopingEntity");
        let maker = maker.and_then(|maker| maker.child("desc").or_else(|| maker.child("name"))).and_then(Node::text);
        let mut udi = Fields::new().with("deviceIdentifier", label.device.clone()).with("issuer", label.issuer);
        udi.set("carrierHRF", carrier);
        let mut body = Fields::new().with("identifier", identifiers.clone());
        // Without its DI part a carrier identifies no device in FHIR; it stays an identifier.
        if label.device.is_some() {
            body.push("udiCarrier", udi);
        }
        body.set("distinctIdentifier", label.distinct);
        body.set("manufacturer", maker.or(label.company));
        body.set("manufactureDate", label.made);
        body.set("expirationDate", label.expires);
        body.set("lotNumber", label.lot);
        body.set("serialNumber", label.serial);
        let named = |name: &Option<String>, kind: &str| name.as_ref().map(|name| json!({"name": name, "type": kind}));
        body.set(
            "deviceName",
            [
                named(&name, "user-friendly-name"),
                named(&label.brand, "user-friendly-name"),
                named(&model, "model-name"),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
        );
        body.set("modelNumber", label.model);
        body.set("type", kind.clone());
        body.set("patient", self.subject());
        let said = json!([identifiers, kind, model, name]).to_string();
        // Where nothing but the kind is known, two of a kind are two.
        let of = if identifiers.is_empty() { self.id_of("Device", act) } else { self.patient.clone() };
        let key = self.add_as("Device", hashed("Device", &[&said, &of]), body);
        Some(referring(&key, name.or(model).or_else(|| kind["text"].as_str().map(str::to_owned))))
    }
}

impl Label {
    /// The parts of a GS1 carrier: `(01)…(17)YYMMDD(10)…(21)…`.
    fn read(carrier: &str) -> Label {
        let mut label = Label::default();
        for part in carrier.split('(').skip(1) {
            let Some((what, told)) = part.split_once(')') else { continue };
            let told = (!told.trim().is_empty()).then(|| told.trim().to_owned());
            match what {
                "01" => label.device = told,
                "10" => label.lot = told,
                "11" => label.made = told.as_deref().and_then(date),
                "17" => label.expires = told.as_deref().and_then(date),
                "21" => label.serial = told,
                _ => {}
            }
        }
        label.issuer = label.device.as_ref().map(|_| "http://hl7.org/fhir/NamingSystem/gs1".to_owned());
        label
    }

    /// What the observations of a UDI organizer say, by their NCI codes.
    fn add<'a>(&mut self, cx: &Context<'a>, organizer: Node<'a>) {
        for (_, part) in organizer.related() {
            let Some((code, value)) = part.code().zip(part.child("value")) else { continue };
            let words = || {
                value
                    .attr("extension")
                    .map(str::to_owned)
                    .or_else(|| cx.words(value))
                    .or_else(|| value.attr("displayName").map(str::to_owned))
            };
            let day = || cx.start(value).map(|at| at.date_time());
            match code {
                "C101722" => self.device = words().or(self.device.take()),
                "C101672" => self.lot = words(),
                "C101671" => self.serial = words(),
                "C113843" => self.distinct = words(),
                "C101669" => self.made = day(),
                "C101670" => self.expires = day(),
                "C99285" => self.model = words(),
                "C71898" => self.brand = words(),
                "C54131" => self.company = words(),
                _ => {}
            }
        }
    }
}

/// `YYMMDD`, where day 00 is the whole month.
fn date(digits: &str) -> Option<String> {
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (month, day) = (&digits[2..4], &digits[4..6]);
    let date =
        if day == "00" { format!("20{}-{month}", &digits[..2]) } else { format!("20{}-{month}-{day}", &digits[..2]) };
    crate::dates::instant(&date).map(|_| date)
}
