/* err.h: the one list of error codes. A dialect maps each line to its own status, code and sentence (`ErrRow`);
 * a test finds the lines that a dialect forgot. */
#ifndef HECATE_ERR_H
#define HECATE_ERR_H

/* clang-format off */
#define ERR_LIST(X)                                                                          \
    /* the server itself */                                                                  \
    X(E_INTERNAL,           "unexpected failure")                                            \
    X(E_NOMEM,              "a request used more memory than it may")                        \
    X(E_DB,                 "the database refused a statement")                              \
    X(E_DB_RETRY,           "the database asks to run the transaction again")                \
    X(E_DB_LOST,            "the connection to the database was lost")                       \
    X(E_NO_ROW,             "no row")                                                        \
    X(E_BUSY,               "a bounded queue is full")                                       \
    X(E_TIMEOUT,            "the request took too long")                                     \
    X(E_SHUTDOWN,           "the server is going down")                                      \
    X(E_IO,                 "input or output failed")                                        \
    X(E_CONFIG,             "the configuration is wrong")                                    \
    /* the request as such */                                                                \
    X(E_BAD_REQUEST,        "the request cannot be read")                                    \
    X(E_TOO_LARGE,          "the body is too large")                                         \
    X(E_URI_TOO_LONG,       "the request target is too long")                                \
    X(E_HEADERS_TOO_LARGE,  "the header is too large")                                       \
    X(E_MEDIA_TYPE,         "the media type is not served here")                             \
    X(E_BAD_JSON,           "the body is not the JSON that is wanted")                       \
    X(E_BAD_TYPE,           "a member has the wrong type")                                   \
    X(E_UNKNOWN_FIELD,      "a member or parameter is not known here")                       \
    X(E_MISSING,            "a required value is missing")                                   \
    X(E_BAD_VALUE,          "a value is not allowed")                                        \
    X(E_TOO_LONG,           "a value is too long")                                           \
    X(E_BAD_PAGE,           "paging parameters are wrong")                                   \
    X(E_NO_ROUTE,           "no such path")                                                  \
    X(E_NO_METHOD,          "the path knows no such method")                                 \
    X(E_FEATURE_OFF,        "the feature is switched off")                                  \
    X(E_BAD_VERSION,        "the API version is not known")                                  \
    X(E_RATE_LIMIT,         "too many requests")                                             \
    /* who is calling */                                                                     \
    X(E_NO_CREDENTIAL,      "no credential, or not in the right form")                       \
    X(E_BAD_CREDENTIAL,     "the credential is not one of ours")                             \
    X(E_EXPIRED_CREDENTIAL, "the credential has expired")                                    \
    X(E_BAD_AUDIENCE,       "the credential is for another audience")                        \
    X(E_NOT_ADMIN,          "the caller is no administrator")                                \
    X(E_SCOPE,              "the credential lacks the scope")                                \
    X(E_NO_SUBJECT,         "the credential names no user")                                  \
    X(E_SUBJECT_GONE,       "the user of the credential does not exist")                     \
    X(E_SESSION_GONE,       "the session of the credential does not exist")                  \
    X(E_SESSION_EXPIRED,    "the session is over")                                           \
    X(E_BAD_CLIENT,         "client authentication failed")                                  \
    X(E_BAD_GRANT_TYPE,     "the grant type is not served")                                  \
    /* addresses, names, ids */                                                              \
    X(E_NO_IDENTIFIER,      "a user needs at least one identifier")                          \
    X(E_BAD_EMAIL,          "not an e-mail address")                                         \
    X(E_BAD_PHONE,          "not a phone number")                                            \
    X(E_BAD_WALLET,         "not a wallet address")                                          \
    X(E_BAD_USERNAME,       "not a user name")                                               \
    X(E_BAD_ID,             "not an id of this kind")                                        \
    X(E_EMAIL_TAKEN,        "another user has the e-mail address")                           \
    X(E_PHONE_TAKEN,        "another user has the phone number")                             \
    X(E_WALLET_TAKEN,       "another user has the wallet")                                   \
    X(E_USER_EXISTS,        "a user with this address has signed up before")                 \
    X(E_USERNAME_TAKEN,     "another user has the user name")                                \
    X(E_EXTERNAL_ID_TAKEN,  "another user has the external id")                              \
    X(E_ID_TAKEN,           "the id is taken")                                               \
    X(E_CONFLICT,           "another request was faster")                                    \
    X(E_NO_USER,            "no such user")                                                  \
    X(E_NO_CONNECTION,      "no such connection")                                            \
    X(E_NOT_THIS_USER,      "not a part of this user")                                       \
    X(E_UNVERIFIED,         "the address is not verified")                                   \
    X(E_NOT_LISTED,         "the address is not let in")                                     \
    /* messages and what they carry */                                                       \
    X(E_MAIL_LIMIT,         "too many messages, or one too soon")                            \
    X(E_MAIL_FORBIDDEN,     "mail may not go to the address")                                \
    X(E_SMS_LIMIT,          "too many text messages, or one too soon")                       \
    X(E_HOOK,               "a hook refused, or cannot be reached")                          \
    X(E_SMS_FAILED,         "the text message cannot be sent")                               \
    X(E_LINK_INVALID,       "the link is unknown, used, or too old")                         \
    X(E_CODE_INVALID,       "the code is wrong, used, or too old")                           \
    X(E_NO_FLOW,            "no sign-in is under way that this ends")                        \
    X(E_FLOW_EXPIRED,       "the sign-in was begun too long ago")                            \
    X(E_BAD_VERIFIER,       "the verifier is not that of the challenge")                     \
    X(E_REAUTH_NEEDED,      "the user must prove first that it is there")                    \
    X(E_REAUTH_WRONG,       "that proof is wrong or too old")                                \
    X(E_CURRENT_MISSING,    "the current password is required")                              \
    X(E_CURRENT_WRONG,      "the current password is wrong")                                 \
    X(E_SAME_PASSWORD,      "the new password is the old one")                               \
    X(E_ANONYMOUS,          "not for an anonymous user")                                     \
    X(E_SSO_MANAGED,        "the user is managed by its identity provider")                  \
    /* passwords and sign-in */                                                              \
    X(E_WEAK_PASSWORD,      "the password breaks the rules")                                 \
    X(E_PWNED_UNKNOWN,      "nobody says whether the password is known from a breach")       \
    X(E_LONG_PASSWORD,      "the password is longer than its scheme can use")                \
    X(E_BAD_HASH,           "not a password hash of a known scheme, or too costly")          \
    X(E_WRONG_PASSWORD,     "the password is wrong")                                         \
    X(E_NO_PASSWORD,        "the user has no password")                                      \
    X(E_FOREIGN_PASSWORD,   "another service keeps the password")                            \
    X(E_BAD_SIGN_IN,        "unknown user, or wrong password")                               \
    X(E_BANNED,             "the user is banned")                                            \
    X(E_LOCKED,             "the user is locked for a time")                                 \
    X(E_EMAIL_UNCONFIRMED,  "the e-mail address is not confirmed")                           \
    X(E_PHONE_UNCONFIRMED,  "the phone number is not confirmed")                             \
    X(E_PROVIDER_OFF,       "this way to sign in is switched off")                           \
    X(E_NO_REFRESH_TOKEN,   "no such refresh token")                                         \
    X(E_REFRESH_REUSED,     "the refresh token was used before")                             \
    X(E_MFA_REQUIRED,       "a second factor is required")                                   \
    /* second factors */                                                                     \
    X(E_FACTOR_OFF,         "this kind of second factor is switched off")                    \
    X(E_NO_FACTOR,          "no such second factor")                                         \
    X(E_FACTOR_NAME_TAKEN,  "the user has a second factor with this name")                   \
    X(E_FACTOR_EXISTS,      "the phone number is a second factor already")                   \
    X(E_FACTORS_MANY,       "the user has as many second factors as may be")                 \
    X(E_NO_CHALLENGE,       "no such challenge of this second factor")                       \
    X(E_CHALLENGE_USED,     "the challenge was used, or made elsewhere")                     \
    X(E_CHALLENGE_OVER,     "the challenge is too old")                                      \
    X(E_WRONG_CODE,         "the code is wrong, or was used")                                \
    /* organizations */                                                                      \
    X(E_NO_ORGANIZATION,    "no such organization")                                          \
    X(E_SLUG_TAKEN,         "another organization has the slug")                             \
    X(E_NO_MEMBER,          "the user is not a member of the organization")                  \
    X(E_MEMBER_EXISTS,      "the user is a member already")                                  \
    X(E_MEMBERS_MANY,       "the organization has as many members as may be")                \
    X(E_LAST_ADMIN,         "the organization would have no administrator left")             \
    X(E_NO_INVITATION,      "no such invitation")                                            \
    X(E_INVITED,            "the address is invited already")                                \
    X(E_INVITATION_OVER,    "the invitation is not open any more")                           \
    /* the operator's own programs */                                                        \
    X(E_HOOK_REJECTED,      "a hook rejects the attempt")                                    \
    X(E_FORBIDDEN_COMBO,    "these changes cannot be made together")
/* clang-format on */

/* The compiler reports an error that nobody looks at. */
typedef enum [[nodiscard]] Err{ OK = 0,
#define ERR_ENUM(code, text) code,
                                ERR_LIST(ERR_ENUM)
#undef ERR_ENUM
                                    ERR_COUNT } Err;

/* The code's name ("E_NO_USER") and its sentence for the log. Never NULL. */
const char *err_name(Err err);
const char *err_text(Err err);

#endif
