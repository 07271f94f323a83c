/* errors.c: every Err has a row in the table of each dialect. */
#include "test.h"

#include "dialect/auth0/auth0.h"
#include "dialect/clerk/internal.h"
#include "dialect/gotrue/gotrue.h"

static const Dialect *const dialects[] = { &gotrue_dialect, &clerk_dialect, &auth0_dialect };

TEST(every_error_has_a_row_in_each_dialect)
{
    for (size_t k = 0; k < COUNTOF(dialects); k++)
        for (size_t err = 1; err < ERR_COUNT; err++) {
            const ErrRow *row = &dialects[k]->errors[err];

            if (row->status < 400 || row->text == NULL)
                print_error("%s has no row for %s\n", dialects[k]->name, err_name((Err)err));
            assert_true(row->status >= 400 && row->text != NULL);
        }
}

static void assert_said(const ErrRow *row, const char *what)
{
    const bool said = row->status >= 400 && !text_empty(row->code) && !text_empty(row->text);

    if (!said)
        print_error("no words for %s\n", what);
    assert_true(said);
}

TEST(clerk_has_a_code_and_a_sentence_for_every_error)
{
    for (size_t err = 1; err < ERR_COUNT; err++)
        assert_said(&clerk_errors[err], err_name((Err)err));
    for (size_t i = 0; i < SAYS; i++)
        assert_said(&clerk_says[i], "a sentence of clerk_says");
}
