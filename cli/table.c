/* table.c: answers as tables: a row a thing, columns as wide as what stands in them. */
#include "base/clock.h"
#include "internal.h"
#include "json/json.h"

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

/* ---- answers without a struct ---- */

typedef struct Cells {
    const char *values[COLUMNS]; /* JSON */
} Cells;

/* A row for each column, and the end. */
static const Field *fields_of(Arena *arena, const Columns *columns)
{
    static const Field all[] = {
        JSON(Cells, values[0], ""),
        JSON(Cells, values[1], ""),
        JSON(Cells, values[2], ""),
        JSON(Cells, values[3], ""),
        JSON(Cells, values[4], ""),
        JSON(Cells, values[5], ""),
        END(Cells),
    };
    Field *fields = ARENA_ARRAY(arena, Field, COUNTOF(all));

    memcpy(fields, all, sizeof(all));
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *name = columns->names[i] == NULL ? "" : columns->names[i];

        fields[i].name = arena_printf(arena, "%.*s", (int)strcspn(name, "."), name);
    }
    return fields;
}

static const char *value_cell(Arena *arena, const char *value, const char *name)
{
    const char *inner = strchr(name, '.'), *text;

    if (value != NULL && inner != NULL)
        return text_cell(arena, json_get(arena, value, inner + 1));
    text = value == NULL ? NULL : json_text(arena, value);
    return text_cell(arena, text != NULL ? text : text_eq(value, "null") ? NULL : value);
}

HecateStatus table_json(Work *work, const char *json, const Columns *columns)
{
    Arena *arena = work->table.arena;
    Ctx ctx = { .arena = arena };
    const char *text = json[0] == '{' ? json_get(arena, json, columns->list) : json;
    List list = { 0 };

    keep_raw(work, json);
    work->table.heads = columns->heads;
    if (text == NULL || json_read_list(&ctx, str_of(text), fields_of(arena, columns), &list) != OK)
        return HECATE_BAD_ANSWER;
    for (size_t i = 0; i < list.n; i++) {
        const Cells *cells = list.v[i];
        Row row = { { NULL } };

        for (size_t k = 0; k < COLUMNS && columns->names[k] != NULL; k++)
            row.cells[k] = value_cell(arena, cells->values[k], columns->names[k]);
        table_add(&work->table, &row);
    }
    return HECATE_OK;
}
