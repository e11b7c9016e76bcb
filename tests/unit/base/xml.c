/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/xml.c. */
#include "base/xml.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "support.h"

#include <errno.h>

static int note_begin(void *context, const char *name)
{
    jb_buf_printf(context, "<%s>", name);
    return 0;
}

static int note_end(void *context, const char *name, const char *text)
{
    jb_buf_printf(context, "%s</%s>", text, name);
    return 0;
}

static const struct jb_xml_events note = {.begin = note_begin, .end = note_end};

static void reads(const char *xml, const char *want)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf got = {0};
    struct jb_diag diag = {{0}, {0}};
    int err = jb_xml_parse(xml, strlen(xml), &note, &got, &diag);
    if (err != 0) {
        fail_msg("%s: %d %s", xml, err, diag.text);
    }
    assert_string_equal(got.data, want);
}

static void refuses(const char *xml, size_t length, int err, const char *says)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf got = {0};
    struct jb_diag diag = {{0}, {0}};
    assert_int_equal(jb_xml_parse(xml, length, &note, &got, &diag), err);
    if (strstr(diag.text, says) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", says, diag.text);
    }
}

static void elements_and_their_own_text_are_told(void **state)
{
    reads("<a/>", "<a></a>");
    reads("<a>1</a>", "<a>1</a>");
    reads("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a x='1'>\n  <b>two\n</b>\n</a>\n", "<a><b>two</b></a>");
    reads("<a>one<b>two</b>three</a>", "<a><b>two</b>three</a>");
    reads("<n:a xmlns:n='u'><n:b.c>1</n:b.c></n:a>", "<a><b.c>1</b.c></a>");
    reads("<a>&lt;&amp;&#65;<![CDATA[<b>]]></a>", "<a><&A<b></a>");
    reads("<a><!-- <b>1</b> --><?pi?>2</a>", "<a>2</a>");
}

static void other_encodings_arrive_as_utf_8(void **state)
{
    reads("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>", "<a>\xc3\xa9</a>");
    refuses("<a>\xe9</a>", 8, -EBADMSG, "not XML");
}

static void what_is_no_xml_is_refused_with_its_line(void **state)
{
    static const char *const bad[] = {"", " ", "{}", "<a>", "<a></b>", "<a/><b/>", "<a b>", "<a>&x;</a>", "a<b/>"};
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        refuses(bad[i], strlen(bad[i]), -EBADMSG, "not XML");
    }
    refuses("<a>\n\n<b></a>", 12, -EBADMSG, "line 3");
    refuses("<a>\0</a>", 8, -EBADMSG, "not XML");
}

static void document_types_and_so_entities_are_refused(void **state)
{
    static const char *const bad[] = {
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        "<!DOCTYPE a [<!ENTITY x \"yyyyyyyy\"><!ENTITY z \"&x;&x;&x;&x;\">]><a>&z;&z;</a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
    };
    for (size_t i = 0; i < JB_COUNT(bad); i++) {
        refuses(bad[i], strlen(bad[i]), -EBADMSG, "document type");
    }
}

static void depth_is_bounded(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf xml = {0};
    for (unsigned depth = JB_XML_DEPTH; depth <= JB_XML_DEPTH + 1; depth++) {
        jb_buf_clear(&xml);
        for (unsigned i = 0; i < depth; i++) {
            jb_buf_puts(&xml, "<a>");
        }
        for (unsigned i = 0; i < depth; i++) {
            jb_buf_puts(&xml, "</a>");
        }
        JB_CLEANUP(jb_buf_finish) struct jb_buf got = {0};
        assert_int_equal(jb_xml_parse(xml.data, xml.length, &note, &got, NULL), depth > JB_XML_DEPTH ? -EBADMSG : 0);
    }
}

static void the_length_of_a_text_is_bounded(void **state)
{
    for (unsigned length = JB_XML_TEXT; length <= JB_XML_TEXT + 1; length++) {
        JB_CLEANUP(jb_buf_finish) struct jb_buf xml = {0};
        jb_buf_puts(&xml, "<a>");
        for (unsigned i = 0; i < length; i++) {
            jb_buf_puts(&xml, "x");
        }
        jb_buf_puts(&xml, "</a>");
        JB_CLEANUP(jb_buf_finish) struct jb_buf got = {0};
        assert_int_equal(jb_xml_parse(xml.data, xml.length, &note, &got, NULL), length > JB_XML_TEXT ? -EMSGSIZE : 0);
    }
}

static void the_size_of_a_document_is_bounded(void **state)
{
    char *xml = malloc(JB_XML_LIMIT + 1);
    assert_non_null(xml);
    memset(xml, ' ', JB_XML_LIMIT + 1);
    memcpy(xml, "<a/>", 4);
    JB_CLEANUP(jb_buf_finish) struct jb_buf got = {0};
    assert_int_equal(jb_xml_parse(xml, JB_XML_LIMIT, &note, &got, NULL), 0);
    assert_int_equal(jb_xml_parse(xml, JB_XML_LIMIT + 1, &note, &got, NULL), -EMSGSIZE);
    free(xml);
}

static int stop_at_b(void *context, const char *name)
{
    jb_buf_puts(context, name);
    return name[0] == 'b' ? -ENODATA : 0;
}

static int stop_at_end(void *context, const char *name, const char *text)
{
    jb_buf_puts(context, text);
    return -ERANGE;
}

static void an_error_of_the_reader_ends_the_reading(void **state)
{
    static const char xml[] = "<a><b><c/></b></a>";
    static const struct jb_xml_events begin = {.begin = stop_at_b}, end = {.end = stop_at_end}, none = {0};
    JB_CLEANUP(jb_buf_finish) struct jb_buf got = {0};
    assert_int_equal(jb_xml_parse(xml, strlen(xml), &begin, &got, NULL), -ENODATA);
    assert_string_equal(got.data, "ab");
    jb_buf_clear(&got);
    assert_int_equal(jb_xml_parse("<a>1<b/></a>", 12, &end, &got, NULL), -ERANGE);
    assert_int_equal(got.length, 0);
    /* An empty element is begun and ended by one token: the second is not told when the first was refused. */
    jb_buf_clear(&got);
    static const struct jb_xml_events both = {.begin = stop_at_b, .end = note_end};
    assert_int_equal(jb_xml_parse("<a><b/></a>", 11, &both, &got, NULL), -ENODATA);
    assert_string_equal(got.data, "ab");
    assert_int_equal(jb_xml_parse(xml, strlen(xml), &none, NULL, NULL), 0);
}

static void any_cut_of_a_document_is_an_error(void **state)
{
    static const char xml[] = "<?xml version=\"1.0\"?><a b='c'>x&amp;y<d><![CDATA[z]]></d></a>";
    for (size_t length = 0; length < sizeof(xml) - 1; length++) {
        char *cut = malloc(length + 1); /* of just this size, for the sanitiser */
        assert_non_null(cut);
        memcpy(cut, xml, length);
        JB_CLEANUP(jb_buf_finish) struct jb_buf got = {0};
        assert_int_equal(jb_xml_parse(cut, length, &note, &got, NULL), -EBADMSG);
        free(cut);
    }
}

static void without_the_library_the_command_that_installs_it_is_named(void **state)
{
    static const char *const none[] = {"libexpat-that-is-not-there.so.9", NULL};
    static const char *const wrong[] = {"libexpat-that-is-not-there.so.9", "libc.so.6", NULL};
    struct jb_diag diag = {{0}, {0}};
    assert_int_equal(jb_xml_parse_with(none, "<a/>", 4, &note, NULL, &diag), -ENOENT);
    assert_non_null(strstr(diag.fix, "apt-get install libexpat1"));
    assert_int_equal(jb_xml_parse_with(wrong, "<a/>", 4, &note, NULL, &diag), -ENOENT);
    assert_non_null(strstr(diag.text, "too old"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_and_their_own_text_are_told),
        cmocka_unit_test(other_encodings_arrive_as_utf_8),
        cmocka_unit_test(what_is_no_xml_is_refused_with_its_line),
        cmocka_unit_test(document_types_and_so_entities_are_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(the_length_of_a_text_is_bounded),
        cmocka_unit_test(the_size_of_a_document_is_bounded),
        cmocka_unit_test(an_error_of_the_reader_ends_the_reading),
        cmocka_unit_test(any_cut_of_a_document_is_an_error),
        cmocka_unit_test(without_the_library_the_command_that_installs_it_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
