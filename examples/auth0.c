/* auth0.c: one user of an Auth0 tenant, from creation to deletion. The library fetches its token with the client's credentials.
 *
 *     cc auth0.c $(pkg-config --cflags --libs hecate) -o auth0
 *     HECATE_URL=https://localhost:9443 HECATE_CA=hecate-data/ca.pem HECATE_AUTH0_CLIENT_ID=… HECATE_AUTH0_CLIENT_SECRET=… \
 *         ./auth0 ada@example.com */
#include <stdio.h>
#include <stdlib.h>

#include <hecate/auth0.h>

static int fail(const HecateError *error)
{
    fprintf(stderr, "%s: %d %s %s\n", hecate_status_name(error->kind), error->status, error->code, error->message);
    return 1;
}

/* Creates, blocks, and finds by address. Gives the new user's id. */
static int work(Auth0Users *users, const char *email, char *id, size_t size)
{
    HecateAuth0UserInput input = { 0 };
    HecateAuth0UserList *list;
    HecateAuth0User *user;
    HecateError error;

    input.connection = hecate_text("Username-Password-Authentication");
    input.email = hecate_text(email);
    input.password = hecate_text("Correct-horse-battery-9");
    input.app_metadata = hecate_text("{\"plan\":\"free\"}");
    if (auth0_users_create(users, &input, &user, &error) != HECATE_OK)
        return fail(&error);
    snprintf(id, size, "%s", user->user_id);
    printf("created %s %s %s\n", user->user_id, user->email, user->app_metadata);
    auth0_user_free(user);

    input = (HecateAuth0UserInput){ 0 };
    input.blocked = hecate_bool(true);
    if (auth0_users_update(users, id, &input, &user, &error) != HECATE_OK)
        return fail(&error);
    printf("blocked: %d\n", user->blocked);
    auth0_user_free(user);

    if (auth0_users_by_email_get_by_email(users, email, NULL, &list, &error) != HECATE_OK)
        return fail(&error);
    printf("%zu with this address\n", list->count);
    auth0_user_list_free(list);
    return 0;
}

int main(int argc, char **argv)
{
    HecateOptions options = { 0 };
    Auth0Users *users;
    HecateError error;
    char id[512];
    int code;

    if (argc != 2)
        return 64;
    options.url = getenv("HECATE_URL");
    options.ca_file = getenv("HECATE_CA");
    options.client_id = getenv("HECATE_AUTH0_CLIENT_ID");
    options.client_secret = getenv("HECATE_AUTH0_CLIENT_SECRET");
    users = auth0_users_new(&options, &error);
    if (users == NULL)
        return fail(&error);
    code = work(users, argv[1], id, sizeof(id));
    if (code == 0 && auth0_users_delete(users, id, &error) != HECATE_OK)
        code = fail(&error);
    if (code == 0)
        printf("deleted %s\n", id);
    auth0_users_free(users);
    return code;
}
