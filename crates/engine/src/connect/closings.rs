//! Why something is over, in the words of the message and of the way back.

use domain::CloseStatus;

use super::ConnectError;

/// A reason that may stand in an address. The contract's statuses, and ours beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    Success,
    SessionTokenInvalid,
    SessionTokenExpired,
    MissingSessionToken,
    AppDisabled,
    CallbackNotRegistered,
    RateLimited,
    Failed,
}

impl Closing {
    const ALL: [Closing; 8] = [
        Closing::Success,
        Closing::SessionTokenInvalid,
        Closing::SessionTokenExpired,
        Closing::MissingSessionToken,
        Closing::AppDisabled,
        Closing::CallbackNotRegistered,
        Closing::RateLimited,
        Closing::Failed,
    ];

    pub fn parse(text: &str) -> Option<Closing> {
        Closing::ALL.into_iter().find(|closing| closing.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Closing::AppDisabled => "APP_DISABLED",
            Closing::CallbackNotRegistered => "CALLBACK_NOT_REGISTERED",
            Closing::RateLimited => "RATE_LIMITED",
            Closing::Failed => "FAILED",
            contract => contract.status().as_str(),
        }
    }

    /// Published clients know four statuses; whatever else happened, their token opened nothing.
    pub fn status(self) -> CloseStatus {
        match self {
            Closing::Success => CloseStatus::Success,
            Closing::SessionTokenExpired => CloseStatus::SessionTokenExpired,
            Closing::MissingSessionToken => CloseStatus::MissingSessionToken,
            _ => CloseStatus::SessionTokenInvalid,
        }
    }

    pub(super) fn explanation(self) -> Option<&'static str> {
        match self {
            Closing::Success => None,
            Closing::SessionTokenInvalid => Some("The token is not valid."),
            Closing::SessionTokenExpired => Some("The token has expired."),
            Closing::MissingSessionToken => Some("A token is required."),
            Closing::AppDisabled => Some("The app is disabled."),
            Closing::CallbackNotRegistered => Some("The return address is not registered."),
            Closing::RateLimited => Some("Too many requests."),
            Closing::Failed => Some("The server failed."),
        }
    }
}

impl From<CloseStatus> for Closing {
    fn from(status: CloseStatus) -> Closing {
        match status {
            CloseStatus::Success => Closing::Success,
            CloseStatus::SessionTokenInvalid => Closing::SessionTokenInvalid,
            CloseStatus::SessionTokenExpired => Closing::SessionTokenExpired,
            CloseStatus::MissingSessionToken => Closing::MissingSessionToken,
        }
    }
}

impl From<&ConnectError> for Closing {
    fn from(error: &ConnectError) -> Closing {
        match error {
            ConnectError::Closed { status, .. } => (*status).into(),
            ConnectError::AppDisabled { .. } => Closing::AppDisabled,
            ConnectError::CallbackNotRegistered => Closing::CallbackNotRegistered,
            ConnectError::Limited(_) => Closing::RateLimited,
            _ => Closing::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_back() {
        for closing in Closing::ALL {
            assert_eq!(Closing::parse(closing.as_str()), Some(closing));
            assert_eq!(closing == Closing::Success, closing.explanation().is_none());
        }
        assert_eq!(Closing::parse("success"), None);
    }
}
