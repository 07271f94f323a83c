/* internal.h: what the files of the layer share. */
#ifndef HECATE_OUTBOUND_INTERNAL_H
#define HECATE_OUTBOUND_INTERNAL_H

#include <curl/curl.h>

/* A handle of libcurl, which is started at the first. The caller's to curl_easy_cleanup(); NULL without memory. */
CURL *outbound_curl(void);

#endif
