/* clerk.c: one user of a Clerk instance, from creation to deletion.
 *
 *     cc clerk.c $(pkg-config --cflags --libs hecate) -o clerk
 *     HECATE_URL=http://127.0.0.1:9998 HECATE_CLERK_SECRET_KEY=sk_test_… ./clerk ada@example.com
 *
 * Without HECATE_URL it is Clerk's own cloud. */
#include <stdio.h>
#include <stdlib.h>

#include <hecate/clerk.h>

static int fail(const HecateError *error)
{
    fprintf(stderr, "%s: %d %s %s\n", hecate_status_name(error->kind), error->status, error->code, error->detail);
    return 1;
}

/* Creates, tries two passwords, and bans. Gives the new user's id. */
static int work(ClerkUsers *users, const char *email, char *id, size_t size)
{
    HecateClerkNewUser new_user = { 0 };
    HecateClerkUser *user;
    HecateError error;
    bool verified;

    new_user.email_address = hecate_texts(&email, 1);
    new_user.first_name = hecate_text("Ada");
    new_user.password = hecate_text("correct-horse-battery-9");
    if (clerk_users_create_user(users, &new_user, &user, &error) != HECATE_OK)
        return fail(&error);
    snprintf(id, size, "%s", user->id);
    printf("created %s %s\n", user->id, user->email_addresses.items[0]->value);
    clerk_user_free(user);

    if (clerk_users_verify_password(users, id, "correct-horse-battery-9", &verified, &error) != HECATE_OK)
        return fail(&error);
    printf("the password is %s\n", verified ? "right" : "wrong");
    if (clerk_users_verify_password(users, id, "incorrect", &verified, &error) == HECATE_REFUSED)
        printf("another is refused: %s\n", error.code);

    if (clerk_users_ban_user(users, id, &user, &error) != HECATE_OK)
        return fail(&error);
    printf("banned: %d\n", user->banned);
    clerk_user_free(user);
    return 0;
}

int main(int argc, char **argv)
{
    HecateOptions options = { 0 };
    ClerkUsers *users;
    HecateError error;
    char id[128];
    int code;

    if (argc != 2)
        return 64;
    options.url = getenv("HECATE_URL");
    options.key = getenv("HECATE_CLERK_SECRET_KEY");
    options.ca_file = getenv("HECATE_CA");
    users = clerk_users_new(&options, &error);
    if (users == NULL)
        return fail(&error);
    code = work(users, argv[1], id, sizeof(id));
    if (code == 0 && clerk_users_delete_user(users, id, &error) != HECATE_OK)
        code = fail(&error);
    if (code == 0)
        printf("deleted %s\n", id);
    clerk_users_free(users);
    return code;
}
