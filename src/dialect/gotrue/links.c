/* links.c: invitations and links for administrators (spec/gotrue.md 2.7, 2.8). */
#include "dialect/gotrue/internal.h"
#include "directory/messages.h"

Err gotrue_invite(Ctx *ctx, const Req *req, Reply *reply)
{
    InviteIn in = { 0 };
    Postal post;
    User *user;

    TRY(gotrue_read(ctx, req, GOTRUE_ADMIN_BODY, &in));
    TRY(gotrue_postal(ctx, req, NULL, NULL, NULL, &post));
    TRY(dir_invite(ctx, in.email, in.data, &post, &user));
    return gotrue_reply_user(ctx, reply, 200, user);
}

/* `verify` is what the link's own type says. */
static const struct {
    const char *name;
    LinkType type;
} link_types[] = {
    { "signup", LINK_SIGNUP },
    { "invite", LINK_INVITE },
    { "magiclink", LINK_MAGICLINK },
    { "recovery", LINK_RECOVERY },
    { "email_change_current", LINK_CHANGE_CURRENT },
    { "email_change_new", LINK_CHANGE_NEW },
    { "magicLink", LINK_MAGICLINK }, /* as the Elixir client spells it, in what it asks and in what it takes */
};

/* The first name of the type, or the one that was asked for. */
static const char *name_of(LinkType type, const char *asked)
{
    if (type == LINK_MAGICLINK && text_eq(asked, "magicLink"))
        return "magicLink";
    for (size_t i = 0; i < COUNTOF(link_types); i++)
        if (link_types[i].type == type)
            return link_types[i].name;
    return "";
}

/* An unknown type is found only once the address was read and, for some, its user. */
static Err read_type(Ctx *ctx, const char *name, LinkType *ret)
{
    for (size_t i = 0; i < COUNTOF(link_types); i++)
        if (text_eq(link_types[i].name, name)) {
            *ret = link_types[i].type;
            return OK;
        }
    return fail(ctx, E_BAD_VALUE, NOWHERE, "Invalid email action link type requested: %s", name == NULL ? "" : name);
}

Err gotrue_generate_link(Ctx *ctx, const Req *req, Reply *reply)
{
    GenerateLinkIn in = { 0 };
    GotrueLink out;
    LinkAsk ask;
    Link link = { 0 };
    Postal post;
    User *user;
    const char *email;
    Err err;

    TRY(gotrue_read(ctx, req, GOTRUE_ADMIN_BODY, &in));
    TRY(email_read(ctx, in.email, &email));
    TRY(gotrue_postal(ctx, req, in.redirect_to, NULL, NULL, &post));
    post.quiet = true;
    ask = (LinkAsk){ .email = email, .new_email = in.new_email, .password = in.password, .meta_user = in.data };
    TRY(read_type(ctx, in.type, &ask.type));
    err = dir_link(ctx, &ask, &post, &user, &link);
    if (err == E_FEATURE_OFF)
        return fail(ctx, E_BAD_VALUE, NOWHERE, "Enable secure email change to generate link for current email");
    TRY(err);
    out = (GotrueLink){ .user = *gotrue_user_view(ctx, user),
                        .action_link = link.action_link,
                        .email_otp = link.otp,
                        .hashed_token = link.hash,
                        .verification_type = name_of(ask.type, in.type),
                        .redirect_to = post.redirect_to };
    return reply_json(ctx, reply, 200, "application/json", gotrue_link, &out, JSON_HTML);
}
