/* mailing.h: settings of messages: what they say, where their links lead, how long their tokens live (spec/gotrue.md 7, 8, 10). */
#ifndef HECATE_DIRECTORY_MAILING_H
#define HECATE_DIRECTORY_MAILING_H

#include "base/base.h"
#include "base/err.h"
#include "base/field.h"

struct Ctx;
struct User;
struct Lane;
struct Sources;

typedef enum MessageKind {
    MSG_INVITE,
    MSG_CONFIRMATION,
    MSG_RECOVERY,
    MSG_MAGIC_LINK,
    MSG_EMAIL_CHANGE,
    MSG_REAUTHENTICATION,
    MSG_VERIFY_EMAIL, /* of Auth0 */
    MSG_RESET_EMAIL,
    MSG_ORGANIZATION, /* an invitation to one */
    /* notifications: each has a switch */
    MSG_PASSWORD_CHANGED,
    MSG_EMAIL_CHANGED,
    MSG_PHONE_CHANGED,
    MSG_IDENTITY_LINKED,
    MSG_IDENTITY_UNLINKED,
    MSG_FACTOR_ENROLLED,
    MSG_FACTOR_UNENROLLED,
    MESSAGES
} MessageKind;

/* How many messages go out in all (spec 8.2): one a process, by its owner; counters.c. */
typedef struct Counter Counter;

typedef struct Mailing {
    const char *smtp_host, *smtp_user, *smtp_pass, *admin_email, *sender_name, *smtp_headers; /* no host: messages are kept, and none is sent */
    int64_t smtp_port;
    const char *site_url;
    const char *subjects[MESSAGES], *templates[MESSAGES]; /* NULL: built in. A template is a file, or an address to fetch it from */
    Texts authorized;                                     /* not empty: mail goes to these alone, whatever follows a + in the local part */
    bool notify[MESSAGES];
    const char *path_invite, *path_confirmation, *path_recovery, *path_email_change;
    bool autoconfirm, sms_autoconfirm, secure_change;
    bool allow_unverified;                                    /* a sign-in at another party needs no confirmed address */
    int64_t otp_exp, otp_length, sms_otp_exp, sms_otp_length; /* s, digits */
    int64_t max_frequency, sms_max_frequency;                 /* µs between two messages to one address */
    int64_t flow_exp;                                         /* µs that a PKCE flow lives */
    const char *email_sent, *sms_sent;                        /* "N" an hour, or "N/duration" */
    Counter *email_counter, *sms_counter;                     /* NULL: none is counted */
    const char *sms_test_otp;                                 /* phone:code,phone:code */
    const char *sms_test_otp_until;                           /* RFC 3339, or NULL */
    const char *sms_template;
    bool password_needs_reauthentication, password_needs_current;
    /* A letter was committed: the sender may look. From any thread. NULL: nobody sends here. */
    struct Sources *sources; /* templates of the web; NULL: each is fetched anew */
    struct Lane *hook_lane;  /* where calls of hooks wait; NULL: in place */
    void (*wake)(void *arg);
    void *wake_arg;
} Mailing;

#endif
