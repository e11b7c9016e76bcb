/* SPDX-License-Identifier: Apache-2.0 */
/* Families and their watts per core, from names that clouds and hypervisors give. */
#include "support.h"

static void expect(const char *name, enum jb_found wanted, const char *family, double w)
{
    double got;
    const char *got_family;
    enum jb_found found = jb_family_watts_per_core(name, &got, &got_family);
    if (found != wanted || strcmp(got_family, family) != 0 || got != w) {
        fail_msg("\"%s\": %s, %g W", name, got_family, got);
    }
}

static void names_without_a_model_have_a_family(void **state)
{
    (void)state;
    expect("AMD EPYC", JB_FOUND_FAMILY, "EPYC", 6.3);
    expect("AMD EPYC-Milan Processor", JB_FOUND_FAMILY, "EPYC", 6.3);
    expect("Intel Xeon Processor (Skylake, IBRS)", JB_FOUND_FAMILY, "Xeon Scalable", 7.8);
    expect("Intel(R) Xeon(R) CPU @ 2.20GHz", JB_FOUND_FAMILY, "Xeon Scalable", 7.8);
    expect("Intel Xeon Processor (GraniteRapids)", JB_FOUND_FAMILY, "Xeon 6", 6.3);
    expect("Intel Core Processor (Haswell, no TSX, IBRS)", JB_FOUND_FAMILY, "Xeon E5", 11.9);
    expect("Intel(R) Xeon(R) CPU E5-9999 v9 @ 2.40GHz", JB_FOUND_FAMILY, "Xeon E5", 11.9);
    expect("AMD Ryzen Threadripper 9999X", JB_FOUND_FAMILY, "Threadripper", 10.9);
    expect("AMD Ryzen 7 9999X 8-Core Processor", JB_FOUND_FAMILY, "Ryzen desktop", 10.8);
    expect("AMD Ryzen 7 9999U with Radeon Graphics", JB_FOUND_FAMILY, "Ryzen U", 3.8);
    expect("AMD Ryzen 7 9999HS with Radeon Graphics", JB_FOUND_FAMILY, "Ryzen H", 5.6);
    expect("Intel(R) Core(TM) i9-99999K", JB_FOUND_FAMILY, "Core desktop", 16);
    expect("Intel(R) Core(TM) i7-99999U CPU @ 2GHz", JB_FOUND_FAMILY, "Core mobile", 7.5);
    expect("Neoverse-N1", JB_FOUND_FAMILY, "Ampere Altra", 2);
    expect("Cortex-A72", JB_FOUND_FAMILY, "Cortex-A", 1.9);
}

static void anything_else_is_a_guess_that_says_so(void **state)
{
    (void)state;
    expect("QEMU Virtual CPU version 2.5+", JB_FOUND_GUESS, "any x86 server", 7);
    expect("", JB_FOUND_GUESS, "any x86 server", 7);
    expect("\xff(((", JB_FOUND_GUESS, "any x86 server", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_without_a_model_have_a_family),
        cmocka_unit_test(anything_else_is_a_guess_that_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
