/* table.c: answers as tables: a row a thing, columns as wide as what stands in them. */
#include "base/clock.h"
#include "internal.h"

enum { WIDEST = 64 };

const char *time_cell(Arena *arena, int64_t time)
{
    Buf buf = buf_in(arena, 64);
    char *text;

    if (time == 0)
        return "-";
    time_write(&buf, time / US_PER_S * US_PER_S, 0);
    return buf_text(&buf, &text) == OK ? text : "-";
}

/* What a server says must not steer the terminal. */
const char *text_cell(Arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text_empty(text) ? "-" : text);

    for (char *p = copy; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f || ((unsigned char)*p == 0xc2 && ((unsigned char)p[1] & 0xe0) == 0x80))
            *p = '?';
    return copy;
}

void table_add(Table *table, const Row *row)
{
    Row *copy = ARENA_NEW(table->arena, Row);

    *copy = *row;
    list_add(table->arena, &table->rows, copy);
}

void user_add(Table *table, const char *id, const char *email, const char *other, int64_t created_at, const char *state)
{
    static const char *const heads[COLUMNS] = { "ID", "EMAIL", "PHONE OR NAME", "CREATED", "STATE" };
    Arena *arena = table->arena;

    table->heads = heads;
    table_add(table, &(Row){ { text_cell(arena, id), text_cell(arena, email), text_cell(arena, other), time_cell(arena, created_at), state } });
}

static size_t width_of(const char *text)
{
    return utf8_length(str_of(text));
}

static void print_row(const char *const *cells, const size_t *widths)
{
    for (size_t i = 0; i < COLUMNS && cells[i] != NULL; i++) {
        const bool last = i + 1 == COLUMNS || cells[i + 1] == NULL;
        const size_t width = width_of(cells[i]);

        printf("%s%*s", cells[i], last ? 0 : (int)(widths[i] > width ? widths[i] - width + 2 : 2), "");
    }
    putchar('\n');
}

void table_print(const Table *table)
{
    size_t widths[COLUMNS] = { 0 };

    for (size_t i = 0; i < COLUMNS && table->heads[i] != NULL; i++) {
        widths[i] = width_of(table->heads[i]);
        for (size_t k = 0; k < table->rows.n; k++) {
            const size_t width = width_of(((const Row *)table->rows.v[k])->cells[i]);

            widths[i] = width > widths[i] && width <= WIDEST ? width : widths[i];
        }
    }
    print_row(table->heads, widths);
    for (size_t k = 0; k < table->rows.n; k++)
        print_row(((const Row *)table->rows.v[k])->cells, widths);
}
