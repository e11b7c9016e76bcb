/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of a CPU's name: "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz" -> "xeongold6248". Names come from the kernel,
 * from hypervisors and from power tables of many hands, hence the many small steps. tools/match_names.py has the same
 * steps in the same order and is compared with this file over tests/unit/hardware/names.txt and the whole table.
 */
#include "hardware/rewrite.h"

#include "hardware/hardware.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <string.h>

/* Before the vendor is looked at: marks, clocks, generations, graphics, core counts, generic words. */
static const struct jb_rewrite first_steps[] = {
    {"®|™|©|℠|\\((r|tm|c)\\)", " "},
    {"\u00a0|\ufffd", " "},
    {"\u2013|\u2011", "-"},
    {"^\\[[^\\]]*\\]\\s*", ""},
    {"\\s*@.*$", ""},
    {"\\s-\\s[A-Z]{2,}\\d{5,}.*$", "", .exact_case = true}, /* order codes */
    {"\\s*\\([^)]*(cache|ghz|mhz|oem|only|watt|\\d+w\\b|formerly|m,|rev|step|socket|core)[^)]*\\)", ""},
    {"\\s*\\([^)]*\\)$", ""},
    {"\\b(\\d+)(st|nd|rd|th)\\s+gen(eration)?\\b", ""},
    {"\\bw(ith|/)\\s+(amd )?(radeon|vega|iris|intel|hd|uhd|rx|graphics|ipu|integrated|4 ?channel|5 ?channel|8 ?channel"
     "|3d).*$",
     ""},
    {"\\bradeon\\s+(r\\d|hd|vega|graphics|rx).*$", ""},
    {",.*$", ""},
    {"\\b\\d+-core\\b", ""},
    {"\\b(quad|six|eight|twelve|sixteen|triple|dual|hexa|octa)[- ]core\\b(?=\\s*(processor|cpu)?\\s*$)", "",
     .only = "ryzen|epyc|fx|phenom|opteron|sempron|turion|athlon|a(4|6|8|10|12)|e[12]-"},
    {"\\b(processors?|cpu|apu|soc|oem/tray|oem only|oem|tray|boxed|box|for desktop|for nas|desktop kit|eng sample"
     "|engineering sample)\\b",
     " "},
};

static const struct jb_rewrite doubled_vendor[] = {{"^amd\\s+amd\\b", "AMD"}};

/* A name that begins with one of these words, or with it and a dash, is that vendor's. */
static const struct {
    const char *word, *vendor;
} vendor_words[] = {
    {"intel", "Intel"},
    {"amd", "AMD"},
    {"ampere", "Ampere"},
    {"apple", "Apple"},
    {"qualcomm", "Qualcomm"},
    {"nvidia", "NVIDIA"},
    {"hygon", "Hygon"},
    {"zhaoxin", "Zhaoxin"},
    {"via", "VIA"},
    {"ibm", "IBM"},
    {"mediatek", "MediaTek"},
    {"samsung", "Samsung"},
    {"hisilicon", "HiSilicon"},
    {"huawei", "Huawei"},
    {"rockchip", "Rockchip"},
    {"broadcom", "Broadcom"},
    {"fujitsu", "Fujitsu"},
    {"cavium", "Marvell"},
    {"marvell", "Marvell"},
    {"loongson", "Loongson"},
    {"phytium", "Phytium"},
    {"aws", "AWS"},
    {"annapurna labs", "AWS"},
    {"transmeta", "Transmeta"},
    {"cyrix", "Cyrix"},
    {"centaur", "VIA"},
    {"microsoft", "Microsoft"},
    {"google", "Google"},
    {"unisoc", "Unisoc"},
    {"spreadtrum", "Unisoc"},
    {"allwinner", "Allwinner"},
    {"amlogic", "Amlogic"},
    {"montage", "Montage"},
    {"freescale", "NXP"},
    {"nxp", "NXP"},
    {"sifive", "SiFive"},
    {"thead", "T-Head"},
    {"idt", "IDT"},
    {"nexgen", "NexGen"},
    {"sun", "Oracle"},
    {"oracle", "Oracle"},
    {"dec", "DEC"},
    {"hp", "HP"},
    {"motorola", "Motorola"},
};

/* Else the product line tells. */
static const struct jb_naming product_lines[] = {
    {"\\b(xeon|core ?(2|i[3579]|m[3579]?|ultra|[3579])\\b|core(2| duo| solo| 2)|pentium|celeron|atom|itanium|quark)",
     "Intel"},
    {"^(u|n)\\d{3}\\b", "Intel"},
    {"^(processor )?(n|u)\\d{2,3}\\b", "Intel"},
    {"\\b(epyc|ryzen|threadripper|athlon|opteron|phenom|sempron|turion|duron|geode|fx-?\\d|a(4|6|8|9|10|12)[- ]"
     "|e[12]-\\d|e-\\d{3}|c-\\d\\d|z-\\d\\d|k6|am486)",
     "AMD"},
    {"\\b(altra|ampereone)", "Ampere"},
    {"\\bgraviton", "AWS"},
    {"\\bsnapdragon", "Qualcomm"},
    {"\\b(kunpeng|kirin)", "Huawei"},
    {"\\bpower ?(7|8|9|10)\\b", "IBM"},
    {"\\b(q|m)\\d{2,3}-\\d\\d\\b", "Ampere"},
    {"\\bdimensity|helio\\b", "MediaTek"},
    {"\\bexynos\\b", "Samsung"},
    {"\\bthunderx|octeon\\b", "Marvell"},
    {"\\ba64fx|sparc64\\b", "Fujitsu"},
};

/* After the vendor's word is off: one spelling for each product line. */
static const struct jb_rewrite line_steps[] = {
    {"^amd\\s+", ""},
    {"\\bcore\\s?2\\s+(duo|quad|extreme|solo)", "Core 2 \\1"},
    {"\\bcore2\\b", "Core 2"},
    {"\\bcore (i[357])\\s+(x|m)\\s+(\\d{3})\\b", "Core \\L1-\\3\\U2"},
    {"\\bcore (i[357])\\s+(l|u|q)\\s+(\\d{3})\\b", "Core \\L1-\\3\\U2M"},
    {"^pentium dual-core|^dual-core pentium", "Pentium Dual-Core"},
    {"^(six|quad|dual)-core\\s+", ""},
    {"\\bcore (i[3579]|m[3579]?)[ -]+(\\d)", "Core \\L1-\\2"},
    {"\\bxeon\\s+(e[357])[ -]+(\\d{4}\\w*)\\s*(v\\d)", "Xeon \\U1-\\U2 \\L3"},
    {"\\bxeon\\s+(e[357])[ -]+(\\d{4}\\w*)\\s*", "Xeon \\U1-\\U2", .unless = "\\bxeon\\s+e[357]-\\d{4}\\w* v\\d"},
    {"\\bxeon\\s+([edw])[ -]+(\\d{3,4}\\w*)", "Xeon \\U1-\\U2"},
    {"\\bx-series\\b|\\bx-serie\\b", ""},
    {"(E5-\\d{4}[WL]?)\\s*0$", "\\1", .exact_case = true}, /* "E5-2670 0": no version yet */
    {"\\s+0$", ""},
    {"\\bpro\\b", "PRO"},
};

static const struct jb_rewrite last_steps[] = {
    {"\\b(\\d{4,5})([a-z]+)\\b", "\\1\\U2", "\\b\\d{4,5}[a-z]{1,3}\\b", "v\\d$", "Intel", true},
    {"\\s+\\d(\\.\\d+)?\\s?GHz\\b.*$", "", "(LGA|FM2|AM[345]|TR4|SP3|BGA|PGA|rPGA)\\S*$", .exact_case = true},
    {"\\s+\\d-Core.*$", "", .exact_case = true},
    {"\\b(black edition|black|limited edition|extreme edition)\\b", "", .vendor = "AMD"},
    {"\\s+and\\s+(wraith|near|amd|low).*$", ""},
    {"\\s+supporting\\s+ht.*?technology", ""},
    {"\\bmobile intel\\b", "Mobile"},
    {"\\bmobile amd\\b", "Mobile"},
    {"\\ba-series\\s+(?=a\\d)", ""},
    {"\\[[^\\]]*\\]", ""},
    {"\\bcoprocessor\\b", ""},
    {"(X[EC]?)\\s+X$", "\\1", .exact_case = true},
    {"(E5-\\d{4}L?)0$", "\\1", "E5-\\d{5}$|E5-\\d{4}L0$", .exact_case = true},
    {"^.*?\\b([qm])(\\d{2,3})-(\\d\\d).*$", "Altra \\U1\\2-\\3", .vendor = "Ampere"},
    {"^Altra M(\\d{2,3}-\\d\\d)$", "Altra Max M\\1", .vendor = "Ampere", .exact_case = true},
};

static bool begins_with_word(const char *text, const char *word, bool or_dash)
{
    size_t length = strlen(word);
    if (strncasecmp(text, word, length) != 0) {
        return false;
    }
    return text[length] == ' ' || (or_dash ? text[length] == '-' : text[length] == '\0');
}

static const char *vendor_of(const char *text)
{
    for (size_t i = 0; i < JB_COUNT(vendor_words); i++) {
        if (begins_with_word(text, vendor_words[i].word, true)) {
            return vendor_words[i].vendor;
        }
    }
    return jb_rewrite_vendor(product_lines, JB_COUNT(product_lines), text);
}

static void strip_vendor_word(char *text)
{
    for (size_t i = 0; i < JB_COUNT(vendor_words); i++) {
        if (begins_with_word(text, vendor_words[i].word, false)) {
            size_t length = strlen(vendor_words[i].word);
            memmove(text, text + length, strlen(text + length) + 1);
            jb_rewrite_tidy(text, " ");
            return;
        }
    }
}

/* "965" or "4400+ ee" could be anybody's. */
static bool bare_number(const char *text)
{
    return jb_pattern_found("^[a-z]{0,2}-?\\d{2,4}[a-z]{0,2}( (he|ee|se))?$", true, text) &&
           !jb_pattern_found("^(a|e|c|z|fx|gx)\\d?\\d?-", true, text);
}

void jb_cpu_key(const char *name, char *key, size_t size, char *vendor, size_t vendor_size)
{
    char text[JB_PATTERN_TEXT + 1], whole[JB_PATTERN_TEXT + 1];
    jb_rewrite_begin(name, text);
    jb_rewrite(first_steps, JB_COUNT(first_steps), "", text);
    jb_rewrite_tidy(text, " -/,");
    jb_rewrite(doubled_vendor, JB_COUNT(doubled_vendor), "", text);
    const char *who = vendor_of(text);
    strip_vendor_word(text);
    jb_rewrite(line_steps, JB_COUNT(line_steps), who, text);
    jb_rewrite_tidy(text, " -/,");
    jb_rewrite(last_steps, JB_COUNT(last_steps), who, text);
    jb_rewrite_tidy(text, " -/,");
    if (strcmp(who, "AMD") == 0 && bare_number(text)) {
        who = "";
    }
    jb_rewrite_key(text, whole, sizeof whole);
    if (strcmp(who, "AMD") == 0) {
        for (char *at = whole; (at = strstr(at, "ryzenthreadripper")) != NULL;) {
            memmove(at, at + strlen("ryzen"), strlen(at + strlen("ryzen")) + 1);
        }
        jb_rewrite_drop(whole, "radeongraphics");
    } else if (strcmp(who, "AWS") == 0) {
        jb_rewrite_drop(whole, "aws");
        jb_rewrite_drop(whole, "amazon");
    }
    jb_copy(key, size, whole);
    if (vendor != NULL) {
        jb_copy(vendor, vendor_size, who);
    }
}
