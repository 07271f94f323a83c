/* common.c: passwords that everybody thinks of. No list of them is kept: they are words of a few hundred with digits and signs around, letters
 * written as digits, runs of the alphabet or the keyboard, and repetitions. */
#include "directory/internal.h"

enum { MOST_AROUND = 8, LEAST_RUN = 3, MOST_UNIT = 4 };

/* clang-format off */
static const char *const words[] = {
    "abc", "abcd", "access", "account", "adidas", "admin", "administrator", "agent", "alexander", "amanda", "america", "amsterdam", "andrea",
    "andrew", "angel", "angels", "animal", "anthony", "apple", "april", "arsenal", "ashley", "asshole", "august", "austin", "autumn", "azerty",
    "baby", "babygirl", "bailey", "banana", "barcelona", "baseball", "basketball", "batman", "beach", "beautiful", "benjamin", "berlin", "biteme",
    "black", "blink", "blue", "bond", "brandon", "broncos", "bruce", "buster", "butterfly", "calvin", "canada", "captain", "carlos", "change",
    "changeit", "changeme", "charlie", "cheese", "chelsea", "chicken", "chocolate", "chris", "christian", "coffee", "compaq", "computer", "cookie",
    "corvette", "cowboys", "crystal", "daddy", "daniel", "december", "default", "demo", "dennis", "diamond", "dolphin", "dragon", "eagles",
    "elephant", "enter", "family", "february", "ferrari", "fire", "flower", "football", "forever", "freedom", "friday", "friend", "friends",
    "fuckyou", "gandalf", "george", "ginger", "google", "green", "guest", "guitar", "hannah", "happy", "harley", "hello", "hockey", "home",
    "hottie", "hunter", "iloveyou", "internet", "jackson", "january", "jasmine", "jennifer", "jessica", "jesus", "jordan", "joseph", "joshua",
    "july", "june", "justin", "killer", "king", "kitty", "letmein", "liverpool", "login", "london", "lord", "love", "lovely", "loveme", "loveyou",
    "lucky", "maggie", "manager", "march", "maria", "marina", "master", "matrix", "matthew", "may", "melissa", "merlin", "michael", "michelle",
    "mickey", "miguel", "monday", "money", "monica", "monkey", "monster", "mother", "mustang", "myspace", "naruto", "nicole", "nirvana", "november",
    "october", "office", "oliver", "operator", "orange", "pa", "panther", "paris", "pass", "passphrase", "passport", "password", "passwords",
    "passwort", "pepper", "phoenix", "pokemon", "porsche", "prince", "princess", "private", "purple", "qazwsx", "rachel", "rainbow", "ranger",
    "red", "richard", "robert", "rock", "root", "samantha", "samsung", "saturday", "scooter", "secret", "security", "september", "server",
    "service", "sexy", "shadow", "silver", "simple", "slayer", "snoopy", "soccer", "sophie", "spider", "spiderman", "spring", "star", "starwars",
    "steelers", "summer", "sunday", "sunflower", "sunshine", "super", "superman", "superstar", "support", "system", "taylor", "temp", "temporary",
    "test", "tester", "testing", "thomas", "thunder", "thursday", "tiger", "tigger", "trustno", "trustnoone", "tuesday", "user", "username",
    "victoria", "wednesday", "welcome", "whatever", "william", "winner", "winter", "wizard", "yankees", "yellow", "zaq",
};

/* Rows of keyboards, and ways over them. */
static const char *const rows[] = {
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "qwertzuiop", "azertyuiop", "asdfghjkl;'", "zxcvbnm,./", "yxcvbnm,.-", "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "qazwsxedcrfvtgbyhnujmik", "q1w2e3r4t5y6u7i8o9p0", "zaq12wsxcde34rfvbgt56yhnmju78ik,", "!@#$%^&*()",
};
/* clang-format on */

static bool is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* The letter that a digit or sign stands for. */
static char letter_of(char c)
{
    static const char signs[] = "0134578@$!|+", letters[] = "oieastbasilt";
    const char *at = c == '\0' ? NULL : strchr(signs, c);

    return at == NULL ? c : letters[at - signs];
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_word(const char *text)
{
    return bsearch(&text, words, COUNTOF(words), sizeof(*words), compare) != NULL;
}

static bool is_run(Ctx *ctx, const char *text)
{
    const size_t n = strlen(text);
    char *turned = arena_alloc(ctx->arena, n + 1);

    for (size_t i = 0; i < n; i++)
        turned[i] = text[n - 1 - i];
    for (size_t i = 0; n >= LEAST_RUN && i < COUNTOF(rows); i++)
        if (strstr(rows[i], text) != NULL || strstr(rows[i], turned) != NULL)
            return true;
    return false;
}

/* The shortest beginning that the whole is a repetition of: 12 of 121212; itself where there is none. */
static const char *unit_of(Ctx *ctx, const char *text)
{
    const size_t n = strlen(text);

    for (size_t unit = 1; unit <= n / 2; unit++)
        if (n % unit == 0 && memcmp(text, text + unit, n - unit) == 0)
            return arena_printf(ctx->arena, "%.*s", (int)unit, text);
    return text;
}

static bool is_thought_of(Ctx *ctx, const char *text)
{
    const char *unit = unit_of(ctx, text);
    char *plain = arena_strdup(ctx->arena, unit);

    for (char *p = plain; *p != '\0'; p++)
        *p = letter_of(*p);
    return (unit != text && strlen(unit) <= MOST_UNIT) || is_word(unit) || is_word(plain) || is_run(ctx, unit);
}

/* The core without the digits and signs around it; NULL: there are too many, or nothing is left. */
static const char *core_of(Ctx *ctx, const char *text)
{
    size_t from = 0, to = strlen(text);
    const size_t n = to;

    while (from < to && !is_letter(text[from]))
        from++;
    while (to > from && !is_letter(text[to - 1]))
        to--;
    return from == to || n - (to - from) > MOST_AROUND ? NULL : arena_printf(ctx->arena, "%.*s", (int)(to - from), text + from);
}

/* A date: digits alone, eight at most, with or without signs between. */
static bool is_number(const char *text)
{
    size_t digits = 0;

    for (; *text != '\0'; text++) {
        if (strchr("0123456789-./ ", *text) == NULL)
            return false;
        digits += *text >= '0';
    }
    return digits <= 8;
}

bool password_is_common(Ctx *ctx, const char *password)
{
    const char *text = text_lower(ctx->arena, password), *core = core_of(ctx, text);

    return is_number(text) || is_thought_of(ctx, text) || (core != NULL && is_thought_of(ctx, core));
}
