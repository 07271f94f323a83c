/* hooks.h: what the operator's own programs are asked (spec/gotrue.md 11), and their settings. */
#ifndef HECATE_DIRECTORY_HOOKS_H
#define HECATE_DIRECTORY_HOOKS_H

#include "base/base.h"
#include "base/ctx.h"

typedef enum HookName { HOOK_PASSWORD, HOOK_MFA, HOOK_TOKEN, HOOK_SMS, HOOK_BEFORE, HOOK_AFTER, HOOK_EMAIL, HOOKS } HookName;
struct User;

typedef struct HookSetting {
    bool enabled;
    const char *uri, *secrets;
} HookSetting;

/* Is somebody asked? */
bool hook_on(const Ctx *ctx, HookName name);
/* What a hook answers: its JsonMembers; `silent`: it had nothing to say (204). */
typedef struct HookOutput {
    List members;
    bool silent;
} HookOutput;
/* Asks: `members` are those of the input beside `metadata` ("\"user_id\":\"…\""). E_HOOK: fault.text, fault.status and, where
 * there is one, fault.name (a code) say what to answer. E_BUSY: too many ask already. */
Err hook_ask(Ctx *ctx, HookName name, const char *members, HookOutput *output);
/* A hook that decides: OK to go on; E_HOOK_REJECTED with its message; `*sign_out`: it wants all sessions of the user ended. */
Err hook_decide(Ctx *ctx, HookName name, const char *members, bool *sign_out);
/* What follows shows a user as Directory.show_user does. Errors as hook_ask(). */
/* Gives a code to the hook that sends text messages; `type` is "mfa" for a second factor, else NULL. */
Err hook_send_sms(Ctx *ctx, const struct User *user, const char *phone, const char *code, const char *type);
/* What the hook that sends mail is told beside the user; NULL counts as "". */
typedef struct MailTold {
    const char *token, *token_hash, *redirect_to, *action, *site_url, *token_new, *token_hash_new, *old_email, *old_phone, *provider, *factor_type;
} MailTold;
/* Gives it a message that somebody waits for. */
Err hook_send_mail(Ctx *ctx, const struct User *user, const MailTold *told);
/* The same as a text, for hook_post() later. */
const char *hook_mail_text(Ctx *ctx, const struct User *user, const MailTold *told);
/* Posts such a text from a thread that may wait. E_HOOK as above: without a code in fault.name the hook itself says no. */
Err hook_post(Ctx *ctx, HookName name, const char *text);
/* Somebody is about to become a user, with this metadata (or NULL) that came along, or has become one; OK where nobody is asked. */
Err hook_before_user(Ctx *ctx, const struct User *user, const char *meta_user);
Err hook_after_user(Ctx *ctx, const struct User *user);
/* The same after somebody signed up, who is not told what the hook says. */
Err hook_after_sign_up(Ctx *ctx, const struct User *user);

#endif
