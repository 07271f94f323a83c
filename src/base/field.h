/* field.h: a table that says which members a struct has, what kind each is, and what it is called somewhere: in a JSON
 * body, in a query string, as a column. One table serves reading and writing; the kind is checked against the member's
 * type when it is compiled.
 *
 *     const Field clerk_new_user[] = {
 *         GIVEN(NewUser, given),
 *         TEXT(NewUser, password, "password", .flags = SECRET),
 *         JSON(NewUser, meta_app, "public_metadata"),
 *         END(NewUser),
 *     };
 */
#ifndef HECATE_FIELD_H
#define HECATE_FIELD_H

#include "base.h"
#include "str.h"

typedef enum FieldKind {
    F_END,         /* the last row; its offset is the size of the struct */
    F_GIVEN,       /* Given: which members the input named */
    F_TEXT,        /* const char *, NULL is null */
    F_UUID,        /* const char *, 36 characters in lower case, NULL is null */
    F_INET,        /* const char *, an IP address; inet on PostgreSQL */
    F_JSON,        /* const char *, one JSON document as text, NULL is null */
    F_OBJECT_JSON, /* the same, but only an object is taken from outside */
    F_BOOL,        /* bool */
    F_INT,         /* int64_t */
    F_DOUBLE,      /* double */
    F_TIME,        /* int64_t, microseconds since 1970, 0 is null. JSON: RFC 3339, fraction without trailing zeros */
    F_TIME_MS,     /* the same; JSON: a number of milliseconds */
    F_TIME_ISO,    /* the same; JSON: RFC 3339 with exactly three digits of fraction */
    F_TIME_US,     /* the same; JSON: a number of microseconds (documents of our own), or read as RFC 3339 */
    F_BYTES,       /* Str; JSON: base64url */
    F_TEXTS,       /* Texts: an array of strings */
    F_OBJECT,      /* pointer to a struct described by `sub`, NULL is null */
    F_LIST,        /* List of structs described by `sub` */
} FieldKind;

enum FieldFlags {
    REQUIRED = 1,       /* reading: absent is E_MISSING */
    SECRET = 2,         /* log_member() shows it as "***"; wiped with the arena */
    OMIT_NULL = 4,      /* writing: a null (NULL, 0 for times, an empty list) is left out instead of written as null */
    OMIT_ZERO = 8,      /* writing: also left out when false, 0 or "" */
    NULL_AS_EMPTY = 16, /* writing: null is written as "", {} or [] by its kind */
    OUT_ONLY = 32,      /* reading ignores it */
    IN_ONLY = 64,       /* writing leaves it out */
    ALLOW_EMPTY = 128,  /* dialects that take "" as absent: not here */
    NUMBER_TOO = 512,   /* reading a text: a number is taken as it is written */
    NULLABLE = 256,     /* Auth0's validator: null is a value beside the kind's own */
};

typedef struct Field {
    const char *name;
    FieldKind kind;
    uint32_t offset;
    uint32_t flags;
    const struct Field *sub; /* F_OBJECT, F_LIST */
    const char *note;        /* what a dialect's error says about the member (Auth0's "(The user's email)") */
    uint32_t max;            /* reading: longest text in code points, or longest list; 0 is no limit of its own */
    uint32_t min;            /* Auth0's validator: shortest text, least number */
    const char *form;        /* Auth0's validator: the name of a format, a pattern (begins with ^), or the words of an enum (a|b) */
} Field;

/* A list of texts, or of pointers to structs. */
typedef struct Texts {
    const char **v;
    size_t n;
} Texts;

typedef struct List {
    void **v;
    size_t n;
} List;

/* Which members an input named, by offset: absent, null and value are three things. Structs up to 1024 bytes. */
typedef struct Given {
    uint8_t set[128], null[128];
} Given;

static inline void given_mark(Given *given, size_t offset, bool null)
{
    given->set[offset / 8] = (uint8_t)(given->set[offset / 8] | 1U << offset % 8);
    if (null)
        given->null[offset / 8] = (uint8_t)(given->null[offset / 8] | 1U << offset % 8);
}
static inline bool given_has(const Given *given, size_t offset)
{
    return given->set[offset / 8] >> offset % 8 & 1;
}
static inline bool given_null(const Given *given, size_t offset)
{
    return given->null[offset / 8] >> offset % 8 & 1;
}
/* HAS(in, email): the input named the member, as null or with a value. IS_NULL(in, email): it named it as null. */
#define HAS(in, member) given_has(&(in)->given, offsetof(typeof(*(in)), member))
#define IS_NULL(in, member) given_null(&(in)->given, offsetof(typeof(*(in)), member))
#define SET(in, member) given_mark(&(in)->given, offsetof(typeof(*(in)), member), false)

/* 0, or an error of the compiler when the member has another type. */
#define FIELD_TYPE_(T, m, type) (0 * sizeof(char[_Generic(((T *)0)->m, type : 1, default : -1)]))
#define FIELD_(T, m, k, type, n, ...)                                                                           \
    {                                                                                                           \
        .name = (n), .kind = (k), .offset = (uint32_t)(offsetof(T, m) + FIELD_TYPE_(T, m, type)), ##__VA_ARGS__ \
    }

/* 0, or an error of the compiler when the struct is too large for Given. */
#define GIVEN_SIZE_(T) (0 * sizeof(char[sizeof(T) <= 8 * sizeof(((Given *)0)->set) ? 1 : -1]))
#define GIVEN(T, m)                                                                                       \
    {                                                                                                     \
        .kind = F_GIVEN, .offset = (uint32_t)(offsetof(T, m) + FIELD_TYPE_(T, m, Given) + GIVEN_SIZE_(T)) \
    }
#define TEXT(T, m, n, ...) FIELD_(T, m, F_TEXT, const char *, n, ##__VA_ARGS__)
#define UUID(T, m, n, ...) FIELD_(T, m, F_UUID, const char *, n, ##__VA_ARGS__)
#define INET(T, m, n, ...) FIELD_(T, m, F_INET, const char *, n, ##__VA_ARGS__)
#define JSON(T, m, n, ...) FIELD_(T, m, F_JSON, const char *, n, ##__VA_ARGS__)
#define OBJECT_JSON(T, m, n, ...) FIELD_(T, m, F_OBJECT_JSON, const char *, n, ##__VA_ARGS__)
#define BOOL(T, m, n, ...) FIELD_(T, m, F_BOOL, bool, n, ##__VA_ARGS__)
#define INT(T, m, n, ...) FIELD_(T, m, F_INT, int64_t, n, ##__VA_ARGS__)
#define DOUBLE(T, m, n, ...) FIELD_(T, m, F_DOUBLE, double, n, ##__VA_ARGS__)
#define TIME(T, m, n, ...) FIELD_(T, m, F_TIME, int64_t, n, ##__VA_ARGS__)
#define TIME_MS(T, m, n, ...) FIELD_(T, m, F_TIME_MS, int64_t, n, ##__VA_ARGS__)
#define TIME_ISO(T, m, n, ...) FIELD_(T, m, F_TIME_ISO, int64_t, n, ##__VA_ARGS__)
#define TIME_US(T, m, n, ...) FIELD_(T, m, F_TIME_US, int64_t, n, ##__VA_ARGS__)
#define BYTES(T, m, n, ...) FIELD_(T, m, F_BYTES, Str, n, ##__VA_ARGS__)
#define TEXTS(T, m, n, ...) FIELD_(T, m, F_TEXTS, Texts, n, ##__VA_ARGS__)
#define OBJECT(T, m, n, s, ...)                                                                      \
    {                                                                                                \
        .name = (n), .kind = F_OBJECT, .offset = (uint32_t)offsetof(T, m), .sub = (s), ##__VA_ARGS__ \
    }
#define LIST(T, m, n, s, ...) FIELD_(T, m, F_LIST, List, n, .sub = (s), ##__VA_ARGS__)
#define END(T)                             \
    {                                      \
        .kind = F_END, .offset = sizeof(T) \
    }

/* Size of the struct that the table describes. */
size_t field_size(const Field *fields);
/* The row with this name (exact bytes), or NULL. GIVEN rows have no name. */
const Field *field_named(const Field *fields, Str name);
/* The same without regard to ASCII case: the first such row. */
const Field *field_named_nocase(const Field *fields, Str name);
/* The row of the member at this offset, or NULL. */
const Field *field_at(const Field *fields, size_t offset);
/* The Given of an input, or NULL if the table has no such row. */
Given *field_given(const Field *fields, void *object);

/* The member itself. */
static inline void *field_in(const Field *field, void *object)
{
    return (char *)object + field->offset;
}
static inline const void *field_of(const Field *field, const void *object)
{
    return (const char *)object + field->offset;
}
/* Is the member null (NULL, an unset time, an empty list)? Numbers and booleans never are. */
bool field_null(const Field *field, const void *object);

/* Appends; the arrays live in the arena. */
void texts_add(Arena *arena, Texts *texts, const char *text);
/* A copy of the list in the order of bytes; the texts are the same. */
Texts texts_sorted(Arena *arena, const Texts *texts);
void list_add(Arena *arena, List *list, void *item);

#endif
