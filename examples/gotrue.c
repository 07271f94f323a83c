/* gotrue.c: one user of a Supabase Auth server, from creation to deletion.
 *
 *     cc gotrue.c $(pkg-config --cflags --libs hecate) -o gotrue
 *     HECATE_URL=http://127.0.0.1:9999 HECATE_SERVICE_KEY=… ./gotrue ada@example.com */
#include <stdio.h>
#include <stdlib.h>

#include <hecate/gotrue.h>

static int fail(const HecateError *error)
{
    fprintf(stderr, "%s: %d %s %s\n", hecate_status_name(error->kind), error->status, error->code, error->message);
    return 1;
}

/* Creates, changes and lists. Gives the new user's id. */
static int work(GotrueAdmin *admin, const char *email, char *id, size_t size)
{
    HecateGotrueAttributes attributes = { 0 };
    HecateGotruePage page = { 0 };
    HecateGotrueUserList *list;
    HecateGotrueUser *user;
    HecateError error;

    attributes.email = hecate_text(email);
    attributes.email_confirm = hecate_bool(true);
    attributes.user_metadata = hecate_text("{\"name\":\"Ada\"}");
    if (gotrue_admin_create_user(admin, &attributes, &user, &error) != HECATE_OK)
        return fail(&error);
    snprintf(id, size, "%s", user->id);
    printf("created %s %s %s\n", user->id, user->email, user->user_metadata);
    gotrue_user_free(user);

    attributes = (HecateGotrueAttributes){ 0 };
    attributes.ban_duration = hecate_text("24h");
    if (gotrue_admin_update_user_by_id(admin, id, &attributes, &user, &error) != HECATE_OK)
        return fail(&error);
    printf("banned until %lld µs\n", (long long)user->banned_until);
    gotrue_user_free(user);

    page.per_page = hecate_int(10);
    if (gotrue_admin_list_users(admin, &page, &list, &error) != HECATE_OK)
        return fail(&error);
    printf("%zu of %lld users\n", list->count, (long long)list->total);
    gotrue_user_list_free(list);
    return 0;
}

int main(int argc, char **argv)
{
    HecateOptions options = { 0 };
    GotrueAdmin *admin;
    HecateError error;
    char id[64];
    int code;

    if (argc != 2)
        return 64;
    options.url = getenv("HECATE_URL");
    options.key = getenv("HECATE_SERVICE_KEY");
    options.ca_file = getenv("HECATE_CA");
    admin = gotrue_admin_new(&options, &error);
    if (admin == NULL)
        return fail(&error);
    code = work(admin, argv[1], id, sizeof(id));
    if (code == 0 && gotrue_admin_delete_user(admin, id, false, &error) != HECATE_OK)
        code = fail(&error);
    if (code == 0)
        printf("deleted %s\n", id);
    gotrue_admin_free(admin);
    return code;
}
