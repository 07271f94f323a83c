/* hashes.h: custom_password_hash of a file of users (spec/auth0.md 9.2). */
#ifndef HECATE_AUTH0_HASHES_H
#define HECATE_AUTH0_HASHES_H

#include "dialect/auth0/internal.h"

/* Turns it into one of the texts that the directory stores (docs/passwords.md). E_BAD_HASH, with the reason in fault.text: a member is missing or not
 * of this algorithm, the value has not its form, or it costs too much to compute. */
Err auth0_hash_read(Ctx *ctx, const Auth0Hash *in, const char **ret);

#endif
