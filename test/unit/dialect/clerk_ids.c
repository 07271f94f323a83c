/* clerk_ids.c: ids go to Clerk's form and back; what was made up is no id. */
#include "test.h"

#include "base/id.h"
#include "dialect/clerk/internal.h"

TEST(clerk_ids_have_the_wires_form_and_come_back)
{
    static const char *const uuids[] = { "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                                         "c2b1a3d4-0000-4000-8000-0123456789ab" };
    TEST_ARENA(arena);

    for (size_t i = 0; i < 200; i++) {
        const char *uuid = i < COUNTOF(uuids) ? uuids[i] : uuid_new(arena);
        const char *id = clerk_id(arena, "user_", uuid);

        assert_int_equal(strlen(id), 32);
        assert_int_equal(strspn(id + 5, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"), 27);
        assert_string_equal(clerk_id_read(arena, "user_", id), uuid);
        assert_null(clerk_id_read(arena, "idn_", id));
    }
    /* SHA-256 of sixteen zero bytes begins with 374708ff */
    assert_string_equal(clerk_id(arena, "user_", uuids[0]), "user_7t0S5BcA5J19Lpq1h2Ixb53wSP2");
}

TEST(clerk_ids_that_were_made_up_are_none)
{
    TEST_ARENA(arena);
    char *id = arena_strdup(arena, clerk_id(arena, "user_", "c2b1a3d4-0000-4000-8000-0123456789ab"));
    static const char *const none[] = { "",
                                        "user_",
                                        "user_29w83sxmDNGwOuEthce5gg56FcC",
                                        "user_zzzzzzzzzzzzzzzzzzzzzzzzzzz",
                                        "user_00000000000000000000000000",
                                        "c2b1a3d4-0000-4000-8000-0123456789ab",
                                        "user_0000000000000000000000000/0" };

    for (size_t i = 0; i < COUNTOF(none); i++)
        assert_null(clerk_id_read(arena, "user_", none[i]));
    for (size_t i = 5; i < 32; i++) {
        const char was = id[i];

        id[i] = was == 'A' ? 'B' : 'A';
        assert_null(clerk_id_read(arena, "user_", id));
        id[i] = was;
    }
}
