/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xml.c - libexpat, and the limits around it.
 *
 * Documented at https://libexpat.github.io/doc/api/latest/. Odd: XML_StopParser() lets handlers that are due for the
 * same piece of text still be called, so that each of ours looks at `err` first; and a handler that was never set for
 * DTDs would let expat expand the entities of an internal subset, which is why the declaration itself ends the reading.
 */
#include "base/xml.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/library.h"
#include "base/text.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <string.h>

struct expat {
    XML_Parser (*create)(const XML_Char *encoding);
    void (*destroy)(XML_Parser parser);
    void (*user_data)(XML_Parser parser, void *context);
    void (*elements)(XML_Parser parser, XML_StartElementHandler begin, XML_EndElementHandler end);
    void (*text)(XML_Parser parser, XML_CharacterDataHandler text);
    void (*doctype)(XML_Parser parser, XML_StartDoctypeDeclHandler begin);
    enum XML_Status (*parse)(XML_Parser parser, const char *bytes, int length, int final);
    enum XML_Status (*stop)(XML_Parser parser, XML_Bool resumable);
    enum XML_Error (*error)(XML_Parser parser);
    const XML_LChar *(*error_text)(enum XML_Error code);
    XML_Size (*line)(XML_Parser parser);
};

static const struct jb_symbol symbols[] = {
    JB_SYMBOL(struct expat, create, "XML_ParserCreate"),
    JB_SYMBOL(struct expat, destroy, "XML_ParserFree"),
    JB_SYMBOL(struct expat, user_data, "XML_SetUserData"),
    JB_SYMBOL(struct expat, elements, "XML_SetElementHandler"),
    JB_SYMBOL(struct expat, text, "XML_SetCharacterDataHandler"),
    JB_SYMBOL(struct expat, doctype, "XML_SetStartDoctypeDeclHandler"),
    JB_SYMBOL(struct expat, parse, "XML_Parse"),
    JB_SYMBOL(struct expat, stop, "XML_StopParser"),
    JB_SYMBOL(struct expat, error, "XML_GetErrorCode"),
    JB_SYMBOL(struct expat, error_text, "XML_ErrorString"),
    JB_SYMBOL(struct expat, line, "XML_GetCurrentLineNumber"),
};

static const char *const usual[] = {"libexpat.so.1", "libexpat.1.dylib", NULL};

static const struct jb_library libexpat = {
    .title = "libexpat",
    .why = "which answers in XML need",
    .package = "libexpat1",
    .names = usual,
    .symbols = symbols,
    .symbol_count = JB_COUNT(symbols),
};

struct reading {
    const struct expat *expat;
    XML_Parser parser;
    const struct jb_xml_events *events;
    void *context;
    struct jb_diag *diag;
    unsigned depth;
    char text[JB_XML_TEXT + 1];
    size_t length;
    int err;
};

static void end_reading(struct reading *reading, int err)
{
    reading->err = err;
    reading->expat->stop(reading->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

static void on_begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *reading = context;
    if (reading->err < 0) {
        return;
    }
    if (++reading->depth > JB_XML_DEPTH) {
        end_reading(reading, jb_fail(reading->diag, -EBADMSG, "the XML is more than %d elements deep", JB_XML_DEPTH));
        return;
    }
    reading->length = 0;
    int err = reading->events->begin != NULL ? reading->events->begin(reading->context, local_name(name)) : 0;
    if (err < 0) {
        end_reading(reading, err);
    }
}

static void on_end(void *context, const XML_Char *name)
{
    struct reading *reading = context;
    if (reading->err < 0) {
        return;
    }
    reading->depth--;
    reading->text[reading->length] = '\0';
    reading->length = 0;
    int err = reading->events->end != NULL
                  ? reading->events->end(reading->context, local_name(name), jb_trim(reading->text))
                  : 0;
    if (err < 0) {
        end_reading(reading, err);
    }
}

static void on_text(void *context, const XML_Char *text, int length)
{
    struct reading *reading = context;
    if (reading->err < 0 || length <= 0) {
        return;
    }
    if ((size_t)length > JB_XML_TEXT - reading->length) {
        end_reading(reading, jb_fail(reading->diag, -EMSGSIZE, "a text in the XML is over %d bytes", JB_XML_TEXT));
        return;
    }
    memcpy(reading->text + reading->length, text, (size_t)length);
    reading->length += (size_t)length;
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                       int internal)
{
    struct reading *reading = context;
    if (reading->err == 0) {
        end_reading(reading, jb_fail(reading->diag, -EBADMSG, "the XML has a document type, which is refused"));
    }
}

static int parse(struct reading *reading, const char *bytes, size_t length)
{
    const struct expat *expat = reading->expat;
    expat->user_data(reading->parser, reading);
    expat->elements(reading->parser, on_begin, on_end);
    expat->text(reading->parser, on_text);
    expat->doctype(reading->parser, on_doctype);
    if (expat->parse(reading->parser, bytes, (int)length, 1) == XML_STATUS_OK) {
        return reading->err;
    }
    if (reading->err < 0) {
        return reading->err;
    }
    enum XML_Error code = expat->error(reading->parser);
    const char *text = expat->error_text(code);
    return jb_fail(reading->diag, code == XML_ERROR_NO_MEMORY ? -ENOMEM : -EBADMSG, "not XML: %s in line %lu",
                   text != NULL ? text : "unreadable", (unsigned long)expat->line(reading->parser));
}

int jb_xml_parse_with(const char *const *names, const char *bytes, size_t length, const struct jb_xml_events *events,
                      void *context, struct jb_diag *diag)
{
    struct expat expat;
    struct reading reading = {.expat = &expat, .events = events, .context = context, .diag = diag};
    if (length > JB_XML_LIMIT) {
        return jb_fail(diag, -EMSGSIZE, "the XML has %zu bytes, more than %zu", length, JB_XML_LIMIT);
    }
    int err = jb_library_load(&libexpat, names, &expat, diag);
    if (err < 0) {
        return err;
    }
    reading.parser = expat.create(NULL);
    if (reading.parser == NULL) {
        return jb_fail(diag, -ENOMEM, "no memory to read XML");
    }
    err = parse(&reading, bytes, length);
    expat.destroy(reading.parser);
    return err;
}

int jb_xml_parse(const char *bytes, size_t length, const struct jb_xml_events *events, void *context,
                 struct jb_diag *diag)
{
    return jb_xml_parse_with(NULL, bytes, length, events, context, diag);
}
