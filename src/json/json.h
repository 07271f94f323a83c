/* json.h: strict reading of bodies into structs, and writing of structs, both by field table.
 *
 * Reading (RFC 8259, stricter): a scan first refuses what is not UTF-8, duplicate member names, lone surrogates, U+0000, more than `depth`
 * levels and numbers beyond a double; then members are read as they come, without a tree. Names are exact bytes. */
#ifndef HECATE_JSON_H
#define HECATE_JSON_H

#include "base/base.h"
#include "base/buf.h"
#include "base/ctx.h"
#include "base/field.h"

enum { JSON_DEPTH = 64 };

/* Is this one whole, acceptable JSON text? E_BAD_JSON with the reason in ctx->fault.text (in the words of the field: "unexpected end of JSON
 * input", "invalid character 'x' looking for beginning of value", "duplicate member \"a\"", "exceeded max depth", …). No allocation grows with the
 * input beyond a constant factor; linear time but for duplicate detection (hash or sort), which is n log n at worst. */
Err json_check(Ctx *ctx, Str text, unsigned depth);

/* How strict a body is read. */
typedef enum JsonMode {
    JSON_IGNORE_UNKNOWN = 1,  /* members without a row are passed over; else E_UNKNOWN_FIELD with fault.name */
    JSON_EMPTY_IS_OBJECT = 2, /* an empty body reads as {} */
    JSON_NULL_IS_OBJECT = 4,  /* a top-level null reads as {} */
    JSON_ANY_CASE = 8,        /* a name that no row has in exactly these bytes finds its row without regard to ASCII case (GoTrue) */
} JsonMode;

/* Reads a JSON object into `out` (zeroed by the caller, or holding defaults), by `fields`. Strings, documents and lists live in the
 * request's arena. F_JSON members get the compact text of their value (see json_canon), null too when it is given as null and the table
 * has a GIVEN row: then IS_NULL() tells. A null for any member is as absent, but marked in Given; a REQUIRED one is E_MISSING then.
 * Whole numbers may be written as 1e3 or 5.0. F_UUID takes what uuid_read() takes.
 * E_BAD_JSON; E_BAD_TYPE, E_MISSING, E_TOO_LONG, E_UNKNOWN_FIELD with fault.at and fault.name. */
Err json_read(Ctx *ctx, Str text, unsigned mode, const Field *fields, void *out);
/* The same for a top-level array of objects (bodies that are lists; our own documents). */
Err json_read_list(Ctx *ctx, Str text, const Field *fields, List *ret);
/* The same for an array of arrays without names, the values in the order of the table (documents that our statements make). */
Err json_read_rows(Ctx *ctx, Str text, const Field *fields, List *ret);

/* One member of an object as it was sent. `kind` is JSON Schema's word for its value: string, integer, number, boolean, array, object, null. */
typedef struct JsonMember {
    const char *name, *kind;
    const char *text; /* a string's text; of another kind the compact JSON */
} JsonMember;
/* The members in the order of the text, for validators that say more than json_read() does. `*kind` is that of the whole; what is no object has no
 * members. E_BAD_JSON. */
Err json_members(Ctx *ctx, Str text, const char **kind, List *ret);

/* Reads `a=1&b=2` (a query string, or a form): percent-decoding and `+`, once. F_TEXTS collects repeated keys; a repeated key of another kind is
 * E_BAD_VALUE (mode FORM_FIRST: the first counts). Numbers, booleans (true, false, 1, 0) and times by kind; what does not parse is E_BAD_TYPE,
 * as is any value for a document, an object or a list. E_TOO_LONG, E_UNKNOWN_FIELD as above; REQUIRED is for the caller to see.
 * Malformed percent-encoding or bytes that are no UTF-8: E_BAD_REQUEST. */
typedef enum FormMode { FORM_IGNORE_UNKNOWN = 1, FORM_FIRST = 2 } FormMode;
Err form_read(Ctx *ctx, Str text, unsigned mode, const Field *fields, void *out);
/* One value by name, decoded, in the arena; NULL if absent. */
Err form_value(Ctx *ctx, Str text, const char *name, char **ret);
/* A name and its value; NULL: it is left out where pairs are written. */
typedef struct FormPair {
    const char *name, *value;
} FormPair;
/* The pairs of a query or form in their order, decoded; what cannot be read and what is over `most` is passed over. How many. */
size_t form_pairs(Ctx *ctx, Str text, FormPair *ret, size_t most);
/* Writes them as a form does: letters, digits and -_.~ as they are, a blank as `+`. */
void form_write_text(Buf *buf, const char *text);
void form_write(Buf *buf, const FormPair *pairs, size_t n);
void form_sort(FormPair *pairs, size_t n); /* by name */
/* Decodes a path segment (percent only, once). E_BAD_REQUEST: malformed, NUL, or no UTF-8. */
Err path_decode(Ctx *ctx, Str text, char **ret);

/* Writing style of strings. */
typedef enum JsonStyle {
    JSON_PLAIN, /* escapes what RFC 8259 asks for */
    JSON_HTML,  /* and < > & U+2028 U+2029 as \u00XX, as Go does (spec/gotrue.md 0.2) */
} JsonStyle;

void json_write_string(Buf *buf, const char *text, JsonStyle style); /* with quotes; bytes that are no UTF-8 become U+FFFD */
void json_write_double(Buf *buf, double number);                     /* as JSON.stringify and Go print it: shortest that reads back */
/* One struct as an object, members in the table's order, without white space. Documents (F_JSON) go through json_canon() in JSON_HTML
 * style, and as they are in JSON_PLAIN. */
void json_write(Buf *buf, const Field *fields, const void *object, JsonStyle style);
void json_write_list(Buf *buf, const Field *fields, const List *list, JsonStyle style);

/* Documents. All take and give compact text; an unreadable document (written by others) reads as {}. NULL is read as {} where an object is due. */

/* Members in bytewise ascending order at each depth, numbers through double (spec/gotrue.md 0.2), strings in `style`. No tree is built. */
void json_canon(Buf *buf, const char *doc, JsonStyle style);
typedef enum MergeMode {
    MERGE_TOP,       /* each top-level key of the change replaces; null removes; {} changes nothing (GoTrue) */
    MERGE_TOP_CLEAR, /* the same, but {} clears (Auth0) */
    MERGE_DEEP,      /* objects merge into objects at every depth; null removes (Clerk, spec/clerk.md 2.4) */
    MERGE_REPLACE,   /* the change is the new document; null is {} */
} MergeMode;
char *json_merge(Arena *arena, const char *doc, const char *change, MergeMode mode);
/* A top-level member as text: its string value, or the compact JSON of another kind; NULL if absent or null. */
char *json_get(Arena *arena, const char *doc, const char *key);
/* The same as JSON, a string with its quotes; "null" where it is null. */
char *json_value(Arena *arena, const char *doc, const char *key);
/* The document, compact, with each text among its values as `fn` writes it: JSON, all of it. Names stay. */
typedef void (*JsonSwap)(Buf *buf, const char *text, void *arg);
void json_swap(Arena *arena, Buf *buf, const char *doc, JsonSwap fn, void *arg);
/* What a value is made of: a letter for its kind (`s`tring, `n`umber, `b`oolean, `o`bject, `a`rray, `z` for null), for an array followed by one for
 * each element. NULL if it is no JSON. */
char *json_kinds(Arena *arena, const char *doc);
/* What a document that is one string says; NULL for any other, and for NULL. */
char *json_text(Arena *arena, const char *doc);
/* Sets a top-level member to a JSON value given as text (NULL removes it). */
char *json_set(Arena *arena, const char *doc, const char *key, const char *value);
/* The document without these top-level members. */
char *json_without(Arena *arena, const char *doc, const char *const *keys, size_t n);
/* A quoted JSON string of this text. */
char *json_quote(Arena *arena, const char *text);
/* Bytes of the compact form. */
size_t json_size(const char *doc);

#endif
