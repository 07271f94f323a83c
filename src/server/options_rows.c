/* options_rows.c: the table of options. A row says what the option is called, what it takes and where its value goes; nothing
 * else is needed to add one. */
#include "server/options.h"

/* The offset of a member, or an error of the compiler when it has another type. */
#define IN_(m, type) (offsetof(Settings, m) + FIELD_TYPE_(Settings, m, type))
#define TEXT_IN(m) O_TEXT, IN_(m, const char *)
#define INT_IN(m) O_INT, IN_(m, int64_t)
#define BOOL_IN(m) O_BOOL, IN_(m, bool)
#define DURATION_IN(m) O_DURATION, IN_(m, int64_t)
#define SIZE_IN(m) O_SIZE, IN_(m, int64_t)
#define LIST_IN(m) O_LIST, IN_(m, Texts)
#define CHOICE_IN(m) O_CHOICE, IN_(m, const char *)
#define S_(n) ((int64_t)(n)*1000000)
#define ADDRESS "host:port, unix:PATH, fd:N or off"

/* clang-format off */
const Option option_rows[] = {
    /* where we listen */
    { "listen-gotrue", "HECATE_LISTEN_GOTRUE", NULL, TEXT_IN(listen_gotrue), .about = "Where GoTrue listens: " ADDRESS "; not given: GOTRUE_API_HOST and GOTRUE_API_PORT." },
    { "api-host", "GOTRUE_API_HOST", NULL, TEXT_IN(api_host), "127.0.0.1", .about = "GoTrue's host, where HECATE_LISTEN_GOTRUE is not given." },
    { "api-port", "GOTRUE_API_PORT", "PORT", INT_IN(api_port), "9999", 0, 65535, .about = "GoTrue's port, where HECATE_LISTEN_GOTRUE is not given; 0 takes any." },
    { "listen-clerk", "HECATE_LISTEN_CLERK", NULL, TEXT_IN(listen_clerk), .about = "Where Clerk's Backend API listens; not given: 127.0.0.1:9998, or off when GOTRUE_ variables are given." },
    { "listen-auth0", "HECATE_LISTEN_AUTH0", NULL, TEXT_IN(listen_auth0), .about = "Where Auth0's APIs listen, with TLS; not given: 127.0.0.1:9443, or off when GOTRUE_ variables are given." },
    { "listen-ops", "HECATE_LISTEN_OPS", NULL, TEXT_IN(listen_ops), "127.0.0.1:9990", .about = "Where /healthz, /readyz and /metrics are served." },
    { "ops-token", "HECATE_OPS_TOKEN", NULL, TEXT_IN(ops_token), .flags = O_SECRET | O_STRONG | O_RELOAD, .about = "Bearer token that /metrics asks for; needed when operators' routes are served beyond loopback." },
    { "trusted-proxies", "HECATE_TRUSTED_PROXIES", NULL, LIST_IN(trusted_proxies), .flags = O_RELOAD, .about = "Networks (10.0.0.0/8, ::1, or unix for unix sockets) whose X-Forwarded-For and Forwarded are believed." },
    { "tls-cert", "HECATE_TLS_CERT", NULL, TEXT_IN(tls_cert), .about = "The certificate (PEM, with its chain); not given: one of the local CA in the data directory." },
    { "tls-key", "HECATE_TLS_KEY", NULL, TEXT_IN(tls_key), .about = "Its private key (PEM); a file that its owner alone can read." },

    /* the process */
    { "data", "HECATE_DATA", NULL, TEXT_IN(data), "./hecate-data", .about = "The data directory (0700): database, data key, local CA." },
    { "user", "HECATE_USER", NULL, TEXT_IN(user), .about = "To whom a process started as root switches; not given: the data directory's owner." },
    { "loops", "HECATE_LOOPS", NULL, INT_IN(loops), "0", 0, 64, .about = "Event loops, each with its own listening sockets; 0: one a core." },
    { "hash-threads", "HECATE_HASH_THREADS", NULL, INT_IN(hash_threads), "0", 0, 64, .about = "Threads for password hashing; 0: one a core." },
    { "hash-queue", "HECATE_HASH_QUEUE", NULL, INT_IN(hash_queue), "128", 1, 100000, .about = "Sign-ins that may wait for a hashing thread; more get a 429 or 503 with Retry-After." },
    { "connections", "HECATE_CONNECTIONS", NULL, INT_IN(connections), "20000", 1, 1000000, .about = "Connections a listener may have, for each loop." },
    { "header-timeout", "HECATE_HEADER_TIMEOUT", NULL, DURATION_IN(header_timeout), "10s", S_(1) / 1000, S_(3600), .about = "How long the header of a request may take." },
    { "idle-timeout", "HECATE_IDLE_TIMEOUT", NULL, DURATION_IN(idle_timeout), "60s", S_(1) / 1000, S_(86400), .about = "How long a connection may be idle between requests." },
    { "request-timeout", "HECATE_REQUEST_TIMEOUT", "GOTRUE_API_MAX_REQUEST_DURATION", DURATION_IN(request_timeout), "10s", S_(1) / 1000, S_(3600), .about = "How long answering a request may take." },
    { "requests", "HECATE_REQUESTS", NULL, INT_IN(requests), "2000", 1, 1000000, .about = "Requests under way, for each listener and loop; more get a 503 with Retry-After." },
    { "request-memory", "HECATE_REQUEST_MEMORY", NULL, SIZE_IN(request_memory), "32MiB", 1 << 20, (int64_t)1 << 32, .about = "Memory one request may use." },
    { "drain-delay", "HECATE_DRAIN_DELAY", NULL, DURATION_IN(drain_delay), "100ms", 0, S_(5), .about = "How long /readyz already says no before the listeners close." },
    { "watchdog", "HECATE_WATCHDOG", NULL, DURATION_IN(watchdog), "500ms", 0, S_(60), .about = "A loop that one request keeps busy for so long is named in the log; 0: off." },
    { "seccomp", "HECATE_SECCOMP", NULL, BOOL_IN(seccomp), "true", .about = "System calls that a server never makes end the process (not in builds with sanitizers)." },
    { "log-level", "HECATE_LOG_LEVEL", "GOTRUE_LOG_LEVEL,LOG_LEVEL", CHOICE_IN(log_level), "info", .choices = "debug,info,warn,error,trace,warning,fatal,panic", .flags = O_RELOAD, .about = "The least level that is logged." },
    { "log-format", "HECATE_LOG_FORMAT", NULL, CHOICE_IN(log_format), "auto", .choices = "auto,json,text", .flags = O_RELOAD, .about = "JSON objects, or text; auto: text on a terminal." },

    /* the database */
    { "database-url", "HECATE_DATABASE_URL", "GOTRUE_DB_DATABASE_URL,DATABASE_URL", TEXT_IN(database_url), .flags = O_SECRET, .about = "`sqlite:PATH` or `postgres://…`; not given: hecate.db in the data directory." },
    { "db-connections", "HECATE_DB_CONNECTIONS", "GOTRUE_DB_MAX_POOL_SIZE", INT_IN(db_connections), "4", 4, 8, .flags = O_CLAMP, .about = "PostgreSQL: connections for transactions and slow lists." },
    { "db-window", "HECATE_DB_WINDOW", NULL, INT_IN(db_window), "1", 1, 16, .about = "PostgreSQL: batches under way, 1 for a local server, 4 for a far one." },
    { "db-wait", "HECATE_DB_WAIT", NULL, DURATION_IN(db_wait), "5s", S_(1) / 10, S_(60), .about = "The longest wait for a connection, a lock or an answer." },
    { "data-key", "HECATE_DATA_KEY", NULL, TEXT_IN(data_key), .flags = O_SECRET, .about = "Seals keys and secrets at rest: 32 bytes as 64 hex digits or base64; the same on all nodes of one database; not given: data.key in the data directory." },

    /* passwords and sessions */
    { "password-hash", "HECATE_PASSWORD_HASH", NULL, TEXT_IN(directory.password_hash), "bcrypt:10", .flags = O_RELOAD, .about = "Scheme and cost of new hashes: `bcrypt:10`, `argon2id:m=47104,t=1,p=1`." },
    { "password-min-length", "GOTRUE_PASSWORD_MIN_LENGTH", NULL, INT_IN(directory.password_min), "6", 6, 72, .flags = O_CLAMP | O_RELOAD, .about = "The fewest bytes of a new password; under 6 counts as 6." },
    { "password-required-characters", "GOTRUE_PASSWORD_REQUIRED_CHARACTERS", NULL, TEXT_IN(directory.password_required), .flags = O_RELOAD, .about = "Sets of characters, separated by colons, of each of which a new password needs one." },
    { "refresh-token-rotation", "GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED", NULL, BOOL_IN(directory.rotation), "true", .flags = O_RELOAD, .about = "A refresh token that comes again ends its session." },
    { "refresh-token-reuse-interval", "GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL", NULL, INT_IN(directory.reuse_interval), "0", 0, 86400, .flags = O_RELOAD, .about = "Seconds for which a used refresh token may come again." },
    { "refresh-token-algorithm-version", "GOTRUE_SECURITY_REFRESH_TOKEN_ALGORITHM_VERSION", NULL, INT_IN(refresh_version), "0", 0, 2, .flags = O_RELOAD, .about = "2: new sessions get refresh tokens that are counted, of which the database holds none." },
    { "refresh-token-allow-reuse", "GOTRUE_SECURITY_REFRESH_TOKEN_ALLOW_REUSE", NULL, BOOL_IN(directory.refresh_always), "false", .flags = O_RELOAD, .about = "Version 2: a used token may come again without end." },
    { "sessions-timebox", "GOTRUE_SESSIONS_TIMEBOX", NULL, DURATION_IN(directory.session_timebox), NULL, 1, INT64_MAX, .flags = O_RELOAD, .about = "How long a session may last in all." },
    { "sessions-inactivity-timeout", "GOTRUE_SESSIONS_INACTIVITY_TIMEOUT", NULL, DURATION_IN(directory.session_inactivity), NULL, 1, INT64_MAX, .flags = O_RELOAD, .about = "How long a session may go without a refresh." },
    { "sessions-allow-low-aal", "GOTRUE_SESSIONS_ALLOW_LOW_AAL", NULL, DURATION_IN(directory.session_low_aal), NULL, 1, INT64_MAX, .flags = O_RELOAD, .about = "How long a session of a user with a second factor may go without it." },
    { "sessions-single-per-user", "GOTRUE_SESSIONS_SINGLE_PER_USER", NULL, BOOL_IN(directory.single_session), "false", .flags = O_RELOAD, .about = "Only the newest session of a user may be refreshed." },
    { "audit-log-disable-postgres", "GOTRUE_AUDIT_LOG_DISABLE_POSTGRES", NULL, BOOL_IN(directory.audit_off), "false", .flags = O_RELOAD, .about = "Audit entries go to the log alone." },

    /* second factors */
    { "mfa-totp-enroll-enabled", "GOTRUE_MFA_TOTP_ENROLL_ENABLED", NULL, BOOL_IN(directory.factors.totp_enroll), "true", .flags = O_RELOAD, .about = "Users may enrol authenticator applications." },
    { "mfa-totp-verify-enabled", "GOTRUE_MFA_TOTP_VERIFY_ENABLED", NULL, BOOL_IN(directory.factors.totp_verify), "true", .flags = O_RELOAD, .about = "Codes of authenticator applications are taken." },
    { "mfa-phone-enroll-enabled", "GOTRUE_MFA_PHONE_ENROLL_ENABLED", NULL, BOOL_IN(directory.factors.phone_enroll), "false", .flags = O_RELOAD, .about = "Users may enrol phone numbers as second factors." },
    { "mfa-phone-verify-enabled", "GOTRUE_MFA_PHONE_VERIFY_ENABLED", NULL, BOOL_IN(directory.factors.phone_verify), "false", .flags = O_RELOAD, .about = "Codes sent to phone numbers are taken as second factors." },
    { "mfa-challenge-expiry-duration", "GOTRUE_MFA_CHALLENGE_EXPIRY_DURATION", NULL, INT_IN(directory.factors.challenge_life), "300", 300, 86400, .flags = O_RELOAD | O_CLAMP, .about = "Seconds for which a challenge may be answered." },
    { "mfa-factor-expiry-duration", "GOTRUE_MFA_FACTOR_EXPIRY_DURATION", NULL, DURATION_IN(directory.factors.factor_life), "300s", S_(300), S_(86400), .flags = O_RELOAD | O_CLAMP, .about = "How long an enrolment waits for its first challenge." },
    { "mfa-max-enrolled-factors", "GOTRUE_MFA_MAX_ENROLLED_FACTORS", NULL, INT_IN(directory.factors.most_enrolled), "10", 0, 1000, .flags = O_RELOAD, .about = "Second factors of a user." },
    { "mfa-max-verified-factors", "GOTRUE_MFA_MAX_VERIFIED_FACTORS", NULL, INT_IN(directory.factors.most_verified), "10", 0, 1000, .flags = O_RELOAD, .about = "Verified second factors of a user." },

    /* GoTrue */
    { "site-url", "GOTRUE_SITE_URL", NULL, TEXT_IN(gotrue.site_url), "", .flags = O_RELOAD, .about = "The application's address: default of redirects." },
    { "api-external-url", "API_EXTERNAL_URL", "GOTRUE_API_EXTERNAL_URL", TEXT_IN(gotrue.external_url), "", .flags = O_RELOAD, .about = "The address under which clients reach GoTrue, on which links are built; not given: the listener's." },
    { "jwt-secret", "GOTRUE_JWT_SECRET", NULL, TEXT_IN(jwt_secret), .flags = O_SECRET | O_STRONG | O_RELOAD, .about = "Signs and verifies GoTrue's tokens (HS256); made at the first start when not given." },
    { "jwt-keys", "GOTRUE_JWT_KEYS", NULL, TEXT_IN(jwt_keys), .flags = O_SECRET | O_RELOAD, .about = "A JSON array of private JWKs; the one with `sign` in key_ops signs, the others verify." },
    { "jwt-key-id", "GOTRUE_JWT_KEY_ID", NULL, TEXT_IN(jwt_key_id), .flags = O_RELOAD, .about = "The kid of the secret." },
    { "jwt-valid-methods", "GOTRUE_JWT_VALID_METHODS", "GOTRUE_JWT_VALIDMETHODS", LIST_IN(jwt_valid_methods), .flags = O_RELOAD, .about = "Algorithms that are accepted; not given: those of the keys." },
    { "jwt-exp", "GOTRUE_JWT_EXP", NULL, INT_IN(gotrue.jwt_exp), "3600", 1, INT32_MAX, .flags = O_RELOAD, .about = "Seconds for which an access token is good." },
    { "jwt-aud", "GOTRUE_JWT_AUD", NULL, TEXT_IN(directory.default_aud), "", .flags = O_RELOAD, .about = "The audience of users and tokens." },
    { "jwt-default-group-name", "GOTRUE_JWT_DEFAULT_GROUP_NAME", NULL, TEXT_IN(directory.default_role), "", .flags = O_RELOAD, .about = "The role of new users." },
    { "jwt-admin-roles", "GOTRUE_JWT_ADMIN_ROLES", NULL, LIST_IN(gotrue.admin_roles), "service_role,supabase_admin", .flags = O_RELOAD, .about = "Roles that open the admin routes." },
    { "jwt-issuer", "GOTRUE_JWT_ISSUER", NULL, TEXT_IN(gotrue.issuer), "", .flags = O_RELOAD, .about = "The iss claim, and the base of the discovery document." },
    { "disable-signup", "GOTRUE_DISABLE_SIGNUP", NULL, BOOL_IN(gotrue.disable_signup), "false", .flags = O_RELOAD, .about = "Nobody signs up; admins create users." },
    { "mailer-autoconfirm", "GOTRUE_MAILER_AUTOCONFIRM", NULL, BOOL_IN(gotrue.mailer_autoconfirm), "false", .flags = O_RELOAD, .about = "E-mail addresses need no confirmation." },
    { "sms-autoconfirm", "GOTRUE_SMS_AUTOCONFIRM", NULL, BOOL_IN(gotrue.sms_autoconfirm), "false", .flags = O_RELOAD, .about = "Phone numbers need no confirmation." },
    { "external-email-enabled", "GOTRUE_EXTERNAL_EMAIL_ENABLED", NULL, BOOL_IN(gotrue.email_enabled), "true", .flags = O_RELOAD, .about = "Sign-in by e-mail address." },
    { "external-phone-enabled", "GOTRUE_EXTERNAL_PHONE_ENABLED", NULL, BOOL_IN(gotrue.phone_enabled), "false", .flags = O_RELOAD, .about = "Sign-in by phone number." },
    { "external-anonymous-users-enabled", "GOTRUE_EXTERNAL_ANONYMOUS_USERS_ENABLED", NULL, BOOL_IN(gotrue.anonymous_enabled), "false", .flags = O_RELOAD, .about = "Sign-up without an address." },
    { "sms-provider", "GOTRUE_SMS_PROVIDER", NULL, TEXT_IN(gotrue.sms_provider), "", .flags = O_RELOAD, .about = "What /settings says of the SMS provider." },
    { "cors-allowed-headers", "GOTRUE_CORS_ALLOWED_HEADERS", NULL, TEXT_IN(gotrue.cors_headers), "", .flags = O_RELOAD, .about = "Further request headers that browsers may send, comma-separated." },
    { "security-manual-linking-enabled", "GOTRUE_SECURITY_MANUAL_LINKING_ENABLED", NULL, BOOL_IN(gotrue.manual_linking), "false", .flags = O_RELOAD, .about = "Users link and unlink identities of their own." },
    { "rate-limit-header", "GOTRUE_RATE_LIMIT_HEADER", NULL, TEXT_IN(gotrue.rate_header), "", .flags = O_RELOAD, .about = "The header that names the address for limits, believed from this machine, private networks and trusted proxies." },
    { "security-sb-forwarded-for-enabled", "GOTRUE_SECURITY_SB_FORWARDED_FOR_ENABLED", NULL, BOOL_IN(gotrue.sb_forwarded_for), "false", .flags = O_RELOAD, .about = "Sb-Forwarded-For names the address for limits, in the same way." },
    { "rate-limit-anonymous-users", "GOTRUE_RATE_LIMIT_ANONYMOUS_USERS", NULL, INT_IN(gotrue.rate_anonymous), "30", 0, 1000000000, .flags = O_RELOAD, .about = "Anonymous sign-ups of an address in an hour." },
    { "rate-limit-otp", "GOTRUE_RATE_LIMIT_OTP", NULL, INT_IN(gotrue.rate_otp), "30", 0, 1000000000, .flags = O_RELOAD, .about = "Sign-ups, recoveries, links, codes and changes of an address in five minutes, each; 30 may come at once." },
    { "rate-limit-token-refresh", "GOTRUE_RATE_LIMIT_TOKEN_REFRESH", NULL, INT_IN(gotrue.rate_token), "150", 0, 1000000000, .flags = O_RELOAD, .about = "Calls of /token of an address in five minutes." },
    { "rate-limit-verify", "GOTRUE_RATE_LIMIT_VERIFY", NULL, INT_IN(gotrue.rate_verify), "30", 0, 1000000000, .flags = O_RELOAD, .about = "Calls of /verify of an address in five minutes." },
    { "rate-limit-web3", "GOTRUE_RATE_LIMIT_WEB3", NULL, INT_IN(gotrue.rate_web3), "30", 0, 1000000000, .flags = O_RELOAD, .about = "Sign-ins by wallet of an address in five minutes." },
    { "mfa-rate-limit-challenge-and-verify", "GOTRUE_MFA_RATE_LIMIT_CHALLENGE_AND_VERIFY", NULL, INT_IN(gotrue.rate_factor), "15", 0, 1000000000, .flags = O_RELOAD, .about = "Challenges, and answers to them, of an address in a minute." },
    { "cursor-pagination", "GOTRUE_EXPERIMENTAL_CURSOR_PAGINATION_ENABLED", NULL, BOOL_IN(gotrue.cursor_pagination), "false", .flags = O_RELOAD, .about = "Lists of users by cursor." },

    /* messages */
    { "uri-allow-list", "GOTRUE_URI_ALLOW_LIST", NULL, LIST_IN(gotrue.uri_allow_list), NULL, .flags = O_RELOAD, .about = "Addresses, as patterns, to which a link may lead beside the site." },
    { "mailer-secure-email-change", "GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED", NULL, BOOL_IN(directory.mail.secure_change), "true", .flags = O_RELOAD, .about = "The present address must agree to a new one, too." },
    { "mailer-otp-exp", "GOTRUE_MAILER_OTP_EXP", NULL, INT_IN(directory.mail.otp_exp), "86400", 0, 31536000, .flags = O_RELOAD, .about = "Seconds for which links and codes by mail are good; 0: a day." },
    { "mailer-otp-length", "GOTRUE_MAILER_OTP_LENGTH", NULL, INT_IN(directory.mail.otp_length), "6", 0, 1000, .flags = O_RELOAD, .about = "Digits of codes by mail, 6 to 10; others count as 6." },
    { "mailer-urlpaths-invite", "GOTRUE_MAILER_URLPATHS_INVITE", NULL, TEXT_IN(directory.mail.path_invite), "/verify", .flags = O_RELOAD, .about = "Where links of this kind lead: a path on the external address, or an address." },
    { "mailer-urlpaths-confirmation", "GOTRUE_MAILER_URLPATHS_CONFIRMATION", NULL, TEXT_IN(directory.mail.path_confirmation), "/verify", .flags = O_RELOAD, .about = "Where links of this kind lead: a path on the external address, or an address." },
    { "mailer-urlpaths-recovery", "GOTRUE_MAILER_URLPATHS_RECOVERY", NULL, TEXT_IN(directory.mail.path_recovery), "/verify", .flags = O_RELOAD, .about = "Where links of this kind lead: a path on the external address, or an address." },
    { "mailer-urlpaths-email-change", "GOTRUE_MAILER_URLPATHS_EMAIL_CHANGE", NULL, TEXT_IN(directory.mail.path_email_change), "/verify", .flags = O_RELOAD, .about = "Where links of this kind lead: a path on the external address, or an address." },
    { "mailer-subjects-invite", "GOTRUE_MAILER_SUBJECTS_INVITE", NULL, TEXT_IN(directory.mail.subjects[MSG_INVITE]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-invite", "GOTRUE_MAILER_TEMPLATES_INVITE", NULL, TEXT_IN(directory.mail.templates[MSG_INVITE]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-confirmation", "GOTRUE_MAILER_SUBJECTS_CONFIRMATION", NULL, TEXT_IN(directory.mail.subjects[MSG_CONFIRMATION]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-confirmation", "GOTRUE_MAILER_TEMPLATES_CONFIRMATION", NULL, TEXT_IN(directory.mail.templates[MSG_CONFIRMATION]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-recovery", "GOTRUE_MAILER_SUBJECTS_RECOVERY", NULL, TEXT_IN(directory.mail.subjects[MSG_RECOVERY]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-recovery", "GOTRUE_MAILER_TEMPLATES_RECOVERY", NULL, TEXT_IN(directory.mail.templates[MSG_RECOVERY]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-magic-link", "GOTRUE_MAILER_SUBJECTS_MAGIC_LINK", NULL, TEXT_IN(directory.mail.subjects[MSG_MAGIC_LINK]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-magic-link", "GOTRUE_MAILER_TEMPLATES_MAGIC_LINK", NULL, TEXT_IN(directory.mail.templates[MSG_MAGIC_LINK]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-email-change", "GOTRUE_MAILER_SUBJECTS_EMAIL_CHANGE", NULL, TEXT_IN(directory.mail.subjects[MSG_EMAIL_CHANGE]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-email-change", "GOTRUE_MAILER_TEMPLATES_EMAIL_CHANGE", NULL, TEXT_IN(directory.mail.templates[MSG_EMAIL_CHANGE]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-reauthentication", "GOTRUE_MAILER_SUBJECTS_REAUTHENTICATION", NULL, TEXT_IN(directory.mail.subjects[MSG_REAUTHENTICATION]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-reauthentication", "GOTRUE_MAILER_TEMPLATES_REAUTHENTICATION", NULL, TEXT_IN(directory.mail.templates[MSG_REAUTHENTICATION]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-password-changed-notification", "GOTRUE_MAILER_SUBJECTS_PASSWORD_CHANGED_NOTIFICATION", NULL, TEXT_IN(directory.mail.subjects[MSG_PASSWORD_CHANGED]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-password-changed-notification", "GOTRUE_MAILER_TEMPLATES_PASSWORD_CHANGED_NOTIFICATION", NULL, TEXT_IN(directory.mail.templates[MSG_PASSWORD_CHANGED]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-email-changed-notification", "GOTRUE_MAILER_SUBJECTS_EMAIL_CHANGED_NOTIFICATION", NULL, TEXT_IN(directory.mail.subjects[MSG_EMAIL_CHANGED]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-email-changed-notification", "GOTRUE_MAILER_TEMPLATES_EMAIL_CHANGED_NOTIFICATION", NULL, TEXT_IN(directory.mail.templates[MSG_EMAIL_CHANGED]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-phone-changed-notification", "GOTRUE_MAILER_SUBJECTS_PHONE_CHANGED_NOTIFICATION", NULL, TEXT_IN(directory.mail.subjects[MSG_PHONE_CHANGED]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-phone-changed-notification", "GOTRUE_MAILER_TEMPLATES_PHONE_CHANGED_NOTIFICATION", NULL, TEXT_IN(directory.mail.templates[MSG_PHONE_CHANGED]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-identity-linked-notification", "GOTRUE_MAILER_SUBJECTS_IDENTITY_LINKED_NOTIFICATION", NULL, TEXT_IN(directory.mail.subjects[MSG_IDENTITY_LINKED]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-identity-linked-notification", "GOTRUE_MAILER_TEMPLATES_IDENTITY_LINKED_NOTIFICATION", NULL, TEXT_IN(directory.mail.templates[MSG_IDENTITY_LINKED]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-identity-unlinked-notification", "GOTRUE_MAILER_SUBJECTS_IDENTITY_UNLINKED_NOTIFICATION", NULL, TEXT_IN(directory.mail.subjects[MSG_IDENTITY_UNLINKED]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-identity-unlinked-notification", "GOTRUE_MAILER_TEMPLATES_IDENTITY_UNLINKED_NOTIFICATION", NULL, TEXT_IN(directory.mail.templates[MSG_IDENTITY_UNLINKED]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-mfa-factor-enrolled-notification", "GOTRUE_MAILER_SUBJECTS_MFA_FACTOR_ENROLLED_NOTIFICATION", NULL, TEXT_IN(directory.mail.subjects[MSG_FACTOR_ENROLLED]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-mfa-factor-enrolled-notification", "GOTRUE_MAILER_TEMPLATES_MFA_FACTOR_ENROLLED_NOTIFICATION", NULL, TEXT_IN(directory.mail.templates[MSG_FACTOR_ENROLLED]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-subjects-mfa-factor-unenrolled-notification", "GOTRUE_MAILER_SUBJECTS_MFA_FACTOR_UNENROLLED_NOTIFICATION", NULL, TEXT_IN(directory.mail.subjects[MSG_FACTOR_UNENROLLED]), NULL, .flags = O_RELOAD, .about = "Subject of these mails, a template." },
    { "mailer-templates-mfa-factor-unenrolled-notification", "GOTRUE_MAILER_TEMPLATES_MFA_FACTOR_UNENROLLED_NOTIFICATION", NULL, TEXT_IN(directory.mail.templates[MSG_FACTOR_UNENROLLED]), NULL, .flags = O_RELOAD, .about = "Body of these mails: a file, an address, or a path on the site." },
    { "mailer-notifications-password-changed", "GOTRUE_MAILER_NOTIFICATIONS_PASSWORD_CHANGED_ENABLED", NULL, BOOL_IN(directory.mail.notify[MSG_PASSWORD_CHANGED]), "false", .flags = O_RELOAD, .about = "The user is told of it by mail." },
    { "mailer-notifications-email-changed", "GOTRUE_MAILER_NOTIFICATIONS_EMAIL_CHANGED_ENABLED", NULL, BOOL_IN(directory.mail.notify[MSG_EMAIL_CHANGED]), "false", .flags = O_RELOAD, .about = "The user is told of it by mail." },
    { "mailer-notifications-phone-changed", "GOTRUE_MAILER_NOTIFICATIONS_PHONE_CHANGED_ENABLED", NULL, BOOL_IN(directory.mail.notify[MSG_PHONE_CHANGED]), "false", .flags = O_RELOAD, .about = "The user is told of it by mail." },
    { "mailer-notifications-identity-linked", "GOTRUE_MAILER_NOTIFICATIONS_IDENTITY_LINKED_ENABLED", NULL, BOOL_IN(directory.mail.notify[MSG_IDENTITY_LINKED]), "false", .flags = O_RELOAD, .about = "The user is told of it by mail." },
    { "mailer-notifications-identity-unlinked", "GOTRUE_MAILER_NOTIFICATIONS_IDENTITY_UNLINKED_ENABLED", NULL, BOOL_IN(directory.mail.notify[MSG_IDENTITY_UNLINKED]), "false", .flags = O_RELOAD, .about = "The user is told of it by mail." },
    { "mailer-notifications-mfa-factor-enrolled", "GOTRUE_MAILER_NOTIFICATIONS_MFA_FACTOR_ENROLLED_ENABLED", NULL, BOOL_IN(directory.mail.notify[MSG_FACTOR_ENROLLED]), "false", .flags = O_RELOAD, .about = "The user is told of it by mail." },
    { "mailer-notifications-mfa-factor-unenrolled", "GOTRUE_MAILER_NOTIFICATIONS_MFA_FACTOR_UNENROLLED_ENABLED", NULL, BOOL_IN(directory.mail.notify[MSG_FACTOR_UNENROLLED]), "false", .flags = O_RELOAD, .about = "The user is told of it by mail." },
    { "mailer-external-hosts", "GOTRUE_MAILER_EXTERNAL_HOSTS", NULL, LIST_IN(gotrue.external_hosts), NULL, .flags = O_RELOAD, .about = "Hosts of X-Forwarded-Host on which links may be built." },
    { "smtp-host", "GOTRUE_SMTP_HOST", NULL, TEXT_IN(directory.mail.smtp_host), NULL, .flags = O_RELOAD, .about = "The mail server; none: mails are kept, and not sent." },
    { "smtp-port", "GOTRUE_SMTP_PORT", NULL, INT_IN(directory.mail.smtp_port), "587", 1, 65535, .flags = O_RELOAD, .about = "Its port; 465: TLS from the first byte." },
    { "smtp-user", "GOTRUE_SMTP_USER", NULL, TEXT_IN(directory.mail.smtp_user), NULL, .flags = O_RELOAD, .about = "User name for it." },
    { "smtp-pass", "GOTRUE_SMTP_PASS", NULL, TEXT_IN(directory.mail.smtp_pass), NULL, .flags = O_RELOAD | O_SECRET, .about = "Password for it; it leaves this machine under TLS alone." },
    { "smtp-admin-email", "GOTRUE_SMTP_ADMIN_EMAIL", NULL, TEXT_IN(directory.mail.admin_email), NULL, .flags = O_RELOAD, .about = "From whom mails come." },
    { "smtp-sender-name", "GOTRUE_SMTP_SENDER_NAME", NULL, TEXT_IN(directory.mail.sender_name), NULL, .flags = O_RELOAD, .about = "The name beside that address." },
    { "smtp-headers", "GOTRUE_SMTP_HEADERS", NULL, TEXT_IN(directory.mail.smtp_headers), NULL, .flags = O_RELOAD, .about = "Further headers of mails, a JSON object of lists; $messageType stands for the kind." },
    { "smtp-max-frequency", "GOTRUE_SMTP_MAX_FREQUENCY", NULL, DURATION_IN(directory.mail.max_frequency), "1m", 0, S_(86400), .flags = O_RELOAD, .about = "The least time between two mails of a kind to one user; 0 counts as a minute." },
    { "rate-limit-email-sent", "GOTRUE_RATE_LIMIT_EMAIL_SENT", NULL, TEXT_IN(directory.mail.email_sent), "30", .flags = O_RELOAD, .about = "Mails in an hour, in all; N/duration: one more after each duration." },
    { "rate-limit-sms-sent", "GOTRUE_RATE_LIMIT_SMS_SENT", NULL, TEXT_IN(directory.mail.sms_sent), "30", .flags = O_RELOAD, .about = "Text messages in an hour, in all, in the same way." },
    { "sms-otp-exp", "GOTRUE_SMS_OTP_EXP", NULL, INT_IN(directory.mail.sms_otp_exp), "60", 0, 31536000, .flags = O_RELOAD, .about = "Seconds for which codes by phone are good." },
    { "sms-otp-length", "GOTRUE_SMS_OTP_LENGTH", NULL, INT_IN(directory.mail.sms_otp_length), "6", 0, 1000, .flags = O_RELOAD, .about = "Digits of codes by phone, 6 to 10; others count as 6." },
    { "sms-max-frequency", "GOTRUE_SMS_MAX_FREQUENCY", NULL, DURATION_IN(directory.mail.sms_max_frequency), "1m", 0, S_(86400), .flags = O_RELOAD, .about = "The least time between two text messages of a kind to one user; 0 counts as a minute." },
    { "sms-test-otp", "GOTRUE_SMS_TEST_OTP", NULL, TEXT_IN(directory.mail.sms_test_otp), NULL, .flags = O_RELOAD | O_SECRET, .about = "Fixed codes of phone numbers, phone:code,phone:code; nothing is sent to them." },
    { "sms-test-otp-valid-until", "GOTRUE_SMS_TEST_OTP_VALID_UNTIL", NULL, TEXT_IN(directory.mail.sms_test_otp_until), NULL, .flags = O_RELOAD, .about = "When fixed codes end (RFC 3339)." },
    { "sms-template", "GOTRUE_SMS_TEMPLATE", NULL, TEXT_IN(directory.mail.sms_template), "Your code is {{ .Code }}", .flags = O_RELOAD, .about = "Text of messages with a code." },
    { "external-flow-state-expiry-duration", "GOTRUE_EXTERNAL_FLOW_STATE_EXPIRY_DURATION", NULL, DURATION_IN(directory.mail.flow_exp), "300s", 0, S_(86400), .flags = O_RELOAD, .about = "How long a sign-in may be under way; under 300 s counts as 300 s." },
    { "external-email-magic-link-enabled", "GOTRUE_EXTERNAL_EMAIL_MAGIC_LINK_ENABLED", NULL, BOOL_IN(gotrue.magic_link_enabled), "true", .flags = O_RELOAD, .about = "Sign-in by a link in a mail." },
    { "update-password-require-reauthentication", "GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION", NULL, BOOL_IN(directory.mail.password_needs_reauthentication), "false", .flags = O_RELOAD, .about = "A session of over a day needs a code by mail for a new password." },
    { "update-password-require-current-password", "GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD", NULL, BOOL_IN(directory.mail.password_needs_current), "false", .flags = O_RELOAD, .about = "A new password needs the present one." },
    { "jwt-admin-group-name", "GOTRUE_JWT_ADMIN_GROUP_NAME", NULL, TEXT_IN(gotrue.admin_group), "admin", .flags = O_RELOAD, .about = "Role of users who may change their own app_metadata." },

    /* Clerk and Auth0 */
    { "clerk-secret-key", "HECATE_CLERK_SECRET_KEY", NULL, TEXT_IN(clerk_secret_key), .flags = O_SECRET | O_STRONG | O_RELOAD, .about = "Clerk's secret key (`sk_test_…`, `sk_live_…`); made at the first start when not given." },
    { "clerk-frontend", "HECATE_CLERK_FRONTEND", NULL, TEXT_IN(clerk.frontend), .about = "host[:port] of Clerk's frontend API: session tokens are from https://HOST, and publishable keys name it; not given: the listener's." },
    { "auth0-domain", "HECATE_AUTH0_DOMAIN", NULL, TEXT_IN(auth0.domain), .about = "host[:port] that clients of Auth0 use; issuer and audience come from it; not given: the listener's." },
    { "auth0-client-id", "HECATE_AUTH0_CLIENT_ID", NULL, TEXT_IN(auth0.client_id), .flags = O_RELOAD, .about = "Id of the management client; made at the first start when not given." },
    { "auth0-client-secret", "HECATE_AUTH0_CLIENT_SECRET", NULL, TEXT_IN(auth0_client_secret), .flags = O_SECRET | O_STRONG | O_RELOAD, .about = "Its secret; made at the first start when not given." },
};
/* clang-format on */
const size_t option_rows_n = COUNTOF(option_rows);
