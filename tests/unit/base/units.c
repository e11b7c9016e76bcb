/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/units.c. */
#include "base/units.h"

#include "base/text.h"
#include "support.h"

#include <math.h>

typedef char *(*format_fn)(double value, char *buffer, size_t size);

struct sample {
    double value;
    const char *text;
};

static void check(format_fn format, const struct sample *samples)
{
    for (; samples->text; samples++) {
        char text[JB_UNIT_TEXT];
        assert_ptr_equal(format(samples->value, text, sizeof(text)), text);
        assert_string_equal(text, samples->text);
    }
}

static void three_digits(void **state)
{
    check(jb_format_3, (const struct sample[]){{1234.5, "1230"},
                                               {0.012345, "0.0123"},
                                               {12.345, "12.3"},
                                               {1.2e9, "1.20e9"},
                                               {999.6, "1000"},
                                               {9.996, "10.0"},
                                               {99.96, "100"},
                                               {0.9996, "1.00"},
                                               {999999, "1.00e6"},
                                               {999400, "999000"},
                                               {0.0001, "0.000100"},
                                               {0.00001234, "1.23e-5"},
                                               {0.00009999, "0.000100"},
                                               {5, "5.00"},
                                               {0, "0"},
                                               {-0.0, "0"},
                                               {-12.345, "-12.3"},
                                               {-0.5, "-0.500"},
                                               {-2e12, "-2.00e12"},
                                               {1e300, "1.00e300"},
                                               {NAN, "unknown"},
                                               {INFINITY, "unknown"},
                                               {-INFINITY, "unknown"},
                                               {0, NULL}});
}

static void energy(void **state)
{
    check(jb_format_energy, (const struct sample[]){{0, "0 J"},
                                                    {4.56, "4.56 J"},
                                                    {0.0123, "12.3 mJ"},
                                                    {1.5e-6, "1.50 uJ"},
                                                    {1.5e-8, "0.0150 uJ"},
                                                    {789e3, "789 kJ"},
                                                    {1.2e6, "1.20 MJ"},
                                                    {3.6e9, "3.60 GJ"},
                                                    {3.6e13, "36000 GJ"},
                                                    {999.4, "999 J"},
                                                    {999.6, "1.00 kJ"}, /* not "1000 J" */
                                                    {0.9996, "1.00 J"},
                                                    {999.6e6, "1.00 GJ"},
                                                    {-999.6, "-1.00 kJ"},
                                                    {-4.56, "-4.56 J"},
                                                    {NAN, "unknown"},
                                                    {0, NULL}});
}

static void energy_in_watt_hours(void **state)
{
    check(jb_format_energy_wh, (const struct sample[]){{0, "0 Wh"},
                                                       {3600, "1.00 Wh"},
                                                       {3.6, "1.00 mWh"},
                                                       {0.0036, "0.00100 mWh"},
                                                       {3.6e6, "1.00 kWh"},
                                                       {3.6e9, "1.00 MWh"},
                                                       {NAN, "unknown"},
                                                       {0, NULL}});
}

static void power_and_mass(void **state)
{
    check(jb_format_power, (const struct sample[]){{65.1, "65.1 W"},
                                                   {0.25, "250 mW"},
                                                   {2.5e-5, "25.0 uW"},
                                                   {1500, "1.50 kW"},
                                                   {2e6, "2.00 MW"},
                                                   {0, "0 W"},
                                                   {0, NULL}});
    check(jb_format_mass, (const struct sample[]){{0.0123, "12.3 mg"},
                                                  {4.56, "4.56 g"},
                                                  {1200, "1.20 kg"},
                                                  {2.5e6, "2.50 t"},
                                                  {1e-6, "1.00 ug"},
                                                  {0, "0 g"},
                                                  {NAN, "unknown"},
                                                  {0, NULL}});
}

static void duration(void **state)
{
    check(jb_format_duration, (const struct sample[]){{0, "0 s"},
                                                      {2e-9, "2.00 ns"},
                                                      {2e-6, "2.00 us"},
                                                      {0.0123, "12.3 ms"},
                                                      {4.56, "4.56 s"},
                                                      {59.94, "59.9 s"},
                                                      {59.96, "1 m 00 s"}, /* not "60.0 s" */
                                                      {65, "1 m 05 s"},
                                                      {119.6, "2 m 00 s"},
                                                      {3599.4, "59 m 59 s"},
                                                      {3599.6, "1 h 00 m"}, /* not "60 m 00 s" */
                                                      {7380, "2 h 03 m"},
                                                      {86399, "1 d 00 h"}, /* not "24 h 00 m" */
                                                      {86400 * 3 + 3600 * 4, "3 d 04 h"},
                                                      {86400 * 400.0, "400 d 00 h"},
                                                      {8.64e12, "1.00e8 d"},
                                                      {-65, "-1 m 05 s"},
                                                      {-0.5, "-500 ms"},
                                                      {NAN, "unknown"},
                                                      {INFINITY, "unknown"},
                                                      {0, NULL}});
}

static void bytes(void **state)
{
    check(jb_format_bytes, (const struct sample[]){{0, "0 B"},
                                                   {512, "512 B"},
                                                   {1023, "1023 B"},
                                                   {1024, "1.00 KiB"},
                                                   {9.7 * 1024 * 1024, "9.70 MiB"},
                                                   {1023.4 * 1024, "1023 KiB"},
                                                   {1023.6 * 1024, "1.00 MiB"}, /* not "1024 KiB" */
                                                   {99.96 * 1024, "100 KiB"},
                                                   {-1024, "-1.00 KiB"},
                                                   {-3, "-3 B"},
                                                   {-0.2, "0 B"},
                                                   {1e20, "88818 PiB"},
                                                   {1e25, "8.88e9 PiB"},
                                                   {NAN, "unknown"},
                                                   {0, NULL}});
}

/* Whatever the value: three digits, within half a unit of the third one, and room in JB_UNIT_TEXT. */
static void three_digits_are_the_nearest_three(void **state)
{
    struct random r = random_start();
    for (int i = 0; i < 50000; i++) {
        double value =
            ((double)(random_next(&r) >> 11) / 9007199254740992.0 * 9 + 1) * pow(10, (double)random_below(&r, 41) - 20);
        char text[JB_UNIT_TEXT];
        jb_format_3(value, text, sizeof(text));
        double back = 0;
        CHECK_SEEDED(&r, jb_parse_double(text, &back) == 0);
        CHECK_SEEDED(&r, fabs(back - value) <= 0.00501 * value);
        int digits = 0;
        bool leading = true;
        for (const char *p = text; *p && *p != 'e'; p++) {
            leading = leading && (*p == '0' || *p == '.');
            digits += !leading && *p != '.';
        }
        CHECK_SEEDED(&r, digits >= 3);
    }
}

static void every_text_fits(void **state)
{
    static const format_fn all[] = {jb_format_3,    jb_format_energy,   jb_format_energy_wh, jb_format_power,
                                    jb_format_mass, jb_format_duration, jb_format_bytes};
    struct random r = random_start();
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = random_next(&r);
        double value;
        memcpy(&value, &bits, sizeof(value));
        for (size_t j = 0; j < sizeof(all) / sizeof(all[0]); j++) {
            char text[JB_UNIT_TEXT], roomy[512];
            all[j](value, text, sizeof(text));
            all[j](value, roomy, sizeof(roomy));
            CHECK_SEEDED(&r, strcmp(text, roomy) == 0);
        }
    }
}

static void a_short_buffer_is_terminated(void **state)
{
    char text[8] = "xxxxxxx";
    jb_format_energy(12.3, text, 4);
    assert_string_equal(text, "12.");
}

static void the_locale_does_not_matter(void **state)
{
    enter_comma_locale();
    char text[JB_UNIT_TEXT];
    assert_string_equal(jb_format_energy(4.56, text, sizeof(text)), "4.56 J");
    assert_string_equal(jb_format_bytes(1536, text, sizeof(text)), "1.50 KiB");
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_digits),
        cmocka_unit_test(energy),
        cmocka_unit_test(energy_in_watt_hours),
        cmocka_unit_test(power_and_mass),
        cmocka_unit_test(duration),
        cmocka_unit_test(bytes),
        cmocka_unit_test(three_digits_are_the_nearest_three),
        cmocka_unit_test(every_text_fits),
        cmocka_unit_test(a_short_buffer_is_terminated),
        cmocka_unit_test(the_locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
