/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.h - read a small XML document: elements and their text to two functions.
 *
 * libexpat is opened at the first use (dlopen), so that who reads no XML needs none. The document is hostile: its size,
 * its depth and the length of a text are bounded, and a document type declaration, and with it every entity of the
 * document's own, is refused. Attributes and name spaces are not told: "ns:name" is "name".
 */
#ifndef JB_BASE_XML_H
#define JB_BASE_XML_H

#include <stddef.h>

struct jb_diag;

#define JB_XML_LIMIT ((size_t)4 << 20) /* bytes of a document */
#define JB_XML_DEPTH 32                /* elements in each other */
#define JB_XML_TEXT  4096              /* bytes of an element's own text */

/* Either may return a negative errno, which ends the reading and is what jb_xml_parse() returns. */
struct jb_xml_events {
    int (*begin)(void *context, const char *name);                 /* NULL: nobody wants to know */
    int (*end)(void *context, const char *name, const char *text); /* its own text, trimmed, not its children's */
};

/* -EBADMSG: not well-formed, too deep, or with a DTD (the diag says which, and the line); -EMSGSIZE: over a limit;
 * -ENOENT: there is no libexpat, with the command that installs it; -ENOMEM. */
int jb_xml_parse(const char *bytes, size_t length, const struct jb_xml_events *events, void *context,
                 struct jb_diag *diag);

/* The same with the first library of `names` that can be opened (ends with NULL; NULL: the usual ones). For tests. */
int jb_xml_parse_with(const char *const *names, const char *bytes, size_t length, const struct jb_xml_events *events,
                      void *context, struct jb_diag *diag);

#endif
