/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Watts per core where a name tells a family but no model ("AMD EPYC" in a virtual machine). Medians of the rows of
 * data/hardware_power.csv that belong to the family; how they were taken is in data/README.md. Order matters: the
 * first that fits wins. Hypervisors name generations instead of models, so generations stand here too.
 */
#include "hardware/hardware.h"

#include "hardware/pattern.h"

#include "base/cleanup.h"

static const struct {
    const char *pattern, *family;
    double w;
} families[] = {
    {"epyc", "EPYC", 6.3},
    {"threadripper", "Threadripper", 10.9},
    {"ryzen.*\\d{3}(u|c|e)\\b", "Ryzen U", 3.8},
    {"ryzen.*\\d{3}(h|hs|hx|g1)\\b|ryzen ai", "Ryzen H", 5.6},
    {"ryzen", "Ryzen desktop", 10.8},
    {"opteron", "Opteron", 14.4},
    {"athlon|phenom|sempron|\\bfx-?\\d", "Athlon and FX", 22.5},
    {"xeon.*\\be[57]\\b|(xeon|core).*\\((haswell|broadwell|ivybridge|sandybridge)", "Xeon E5", 11.9},
    {"xeon.*\\b(haswell|broadwell|ivybridge|sandybridge)", "Xeon E5", 11.9},
    {"xeon.*\\b(granite ?rapids|sierra ?forest|6[3-9]\\d\\d[pe]\\b|6 )", "Xeon 6", 6.3},
    {"xeon.*\\be3?-", "Xeon E", 13.3},
    {"xeon.*\\bw", "Xeon W", 13.3},
    {"xeon.*\\bd\\b", "Xeon D", 7.3},
    {"xeon|skylake-server|cascadelake|icelake-server|sapphire ?rapids|emerald ?rapids", "Xeon Scalable", 7.8},
    {"core.*(ultra|i[3579]).*\\d(u|h|hq|hk|hx|m|p|y|v|g\\d)\\b", "Core mobile", 7.5},
    {"\\bcore\\b", "Core desktop", 16},
    {"\\batom\\b", "Atom", 3},
    {"pentium|celeron", "Pentium and Celeron", 17.5},
    {"ampereone", "AmpereOne", 1.9},
    {"altra|ampere|neoverse-n1", "Ampere Altra", 2},
    {"graviton", "Graviton", 1.6},
    {"neoverse", "Neoverse", 2},
    {"apple|\\bm[1-9]( pro| max| ultra)?$", "Apple M", 3.3},
    {"cortex-a|bcm2|raspberry", "Cortex-A", 1.9},
};

enum jb_found jb_family_watts_per_core(const char *name, double *ret_w, const char **ret_family)
{
    for (size_t i = 0; i < JB_COUNT(families); i++) {
        if (jb_pattern_found(families[i].pattern, true, name)) {
            *ret_w = families[i].w;
            *ret_family = families[i].family;
            return JB_FOUND_FAMILY;
        }
    }
    *ret_w = 7; /* between EPYC and Xeon Scalable: an unnamed machine is most likely a rented server */
    *ret_family = "any x86 server";
    return JB_FOUND_GUESS;
}
