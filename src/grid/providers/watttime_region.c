/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watttime_region.c - zones as Electricity Maps spells them to regions of WattTime.
 *
 * The names of regions are those that /v3/my-access lists, seen in public copies of it (2024 to 2026). European
 * countries have two letters there, others the three of ISO 3166; in North America a region is a balancing authority or
 * a part of one; Japan and Australia go by area. A name that has changed since is answered with an error, never with
 * another place, so that a wrong row costs a step in the chain and no wrong figure.
 *
 * Large grids are many regions: of these only the beginning of their names is here. Of California the northern part is
 * taken where nothing more is known: it is the one that every user of WattTime may ask about.
 */
#include "grid/providers/watttime_region.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

struct pair {
    const char *zone, *region;
};

static const struct pair areas[] = {
    {"AU-NSW", "NEM_NSW"},
    {"AU-QLD", "NEM_QLD"},
    {"AU-SA", "NEM_SA"},
    {"AU-TAS", "NEM_TAS"},
    {"AU-VIC", "NEM_VIC"},
    {"AU-WA", "WEM"},
    {"CA-AB", "AESO"},
    {"CA-BC", "BCHYDRO"},
    {"CA-QC", "HQ"},
    {"CL-SEN", "CHL"},
    {"GB", "UK"},
    {"JP-CB", "JP_CB"},
    {"JP-CG", "JP_CG"},
    {"JP-HKD", "JP_HKD"},
    {"JP-HR", "JP_HR"},
    {"JP-KN", "JP_KN"},
    {"JP-KY", "JP_KY"},
    {"JP-ON", "JP_ON"},
    {"JP-SK", "JP_SK"},
    {"JP-TH", "JP_TH"},
    {"JP-TK", "JP_TK"},
    {"MX", "MX_SIN"},
    {"US-CAL-BANC", "BANC"},
    {"US-CAL-IID", "IID"},
    {"US-CAL-LDWP", "LDWP"},
    {"US-CAL-TIDC", "TID"},
    {"US-CAR-CPLE", "CPLE"},
    {"US-CAR-CPLW", "CPLW"},
    {"US-CAR-DUK", "DUK"},
    {"US-CAR-SC", "SC"},
    {"US-CAR-SCEG", "SCEG"},
    {"US-CENT-SPA", "SPA"},
    {"US-FLA-FMPP", "FMPP"},
    {"US-FLA-FPC", "FPC"},
    {"US-FLA-FPL", "FPL"},
    {"US-FLA-GVL", "GVL"},
    {"US-FLA-HST", "HST"},
    {"US-FLA-JEA", "JEA"},
    {"US-FLA-SEC", "SEC"},
    {"US-FLA-TAL", "TAL"},
    {"US-FLA-TEC", "TEC"},
    {"US-MIDW-AECI", "AECI"},
    {"US-MIDW-LGEE", "LGEE"},
    {"US-NW-AVA", "AVA"},
    {"US-NW-BPAT", "BPA"},
    {"US-NW-CHPD", "CHPD"},
    {"US-NW-DOPD", "DOPD"},
    {"US-NW-GCPD", "GCPD"},
    {"US-NW-IPCO", "IPCO"},
    {"US-NW-NEVP", "NEVP"},
    {"US-NW-NWMT", "MPCO"},
    {"US-NW-PACE", "PACE"},
    {"US-NW-PACW", "PACW"},
    {"US-NW-PGE", "PGE"},
    {"US-NW-PSCO", "PSCO"},
    {"US-NW-PSEI", "PSEI"},
    {"US-NW-SCL", "SCL"},
    {"US-NW-TPWR", "TPWR"},
    {"US-NW-WACM", "WACM"},
    {"US-NW-WAUW", "WAUW"},
    {"US-SE-SOCO", "SOCO"},
    {"US-SW-AZPS", "AZPS"},
    {"US-SW-EPE", "ELE"},
    {"US-SW-PNM", "PNM"},
    {"US-SW-SRP", "SRP"},
    {"US-SW-TEPC", "TEPC"},
    {"US-SW-WALC", "WALC"},
    {"US-TEN-TVA", "TVA"},
};

/* What the names of all regions of the zone begin with. */
static const struct pair many[] = {
    {"CA-ON", "IESO_"},        {"US-CAL-CISO", "CAISO_"}, {"US-CENT-SWPP", "SPP_"}, {"US-MIDA-PJM", "PJM_"},
    {"US-MIDW-MISO", "MISO_"}, {"US-NE-ISNE", "ISONE_"},  {"US-NY-NYIS", "NYISO_"}, {"US-TEX-ERCO", "ERCOT_"},
};

/* Countries that are one region of the same name: the European models. */
static const char *const same[] = {"AT", "BA", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE",
                                   "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LV",
                                   "ME", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK"};

/* Those that are one region by the three letters of ISO 3166. */
static const char three[][6] = {
    "AEARE", "AFAFG", "AGATG", "ALALB", "AMARM", "AOAGO", "ARARG", "AWABW", "AZAZE", "BBBRB", "BDBGD", "BFBFA", "BHBHR",
    "BIBDI", "BJBEN", "BMBMU", "BNBRN", "BOBOL", "BRBRA", "BSBHS", "BTBTN", "BWBWA", "BYBLR", "BZBLZ", "CDCOD", "CFCAF",
    "CGCOG", "CICIV", "CKCOK", "CLCHL", "CMCMR", "CNCHN", "COCOL", "CRCRI", "CUCUB", "CVCPV", "CWCUW", "DJDJI", "DMDMA",
    "DODOM", "DZDZA", "ECECU", "EGEGY", "EHESH", "ERERI", "ETETH", "FJFJI", "FKFLK", "FOFRO", "GAGAB", "GDGRD", "GEGEO",
    "GFGUF", "GHGHA", "GIGIB", "GLGRL", "GMGMB", "GNGIN", "GPGLP", "GQGNQ", "GTGTM", "GUGUM", "GWGNB", "GYGUY", "HKHKG",
    "HNHND", "HTHTI", "IDIDN", "ILISR", "ININD", "IQIRQ", "IRIRN", "ISISL", "JMJAM", "JOJOR", "KEKEN", "KGKGZ", "KHKHM",
    "KIKIR", "KMCOM", "KNKNA", "KPPRK", "KRKOR", "KWKWT", "KYCYM", "KZKAZ", "LALAO", "LBLBN", "LCLCA", "LKLKA", "LRLBR",
    "LSLSO", "LYLBY", "MAMAR", "MDMDA", "MGMDG", "MKMKD", "MLMLI", "MMMMR", "MNMNG", "MOMAC", "MQMTQ", "MRMRT", "MSMSR",
    "MTMLT", "MUMUS", "MWMWI", "MYMYS", "MZMOZ", "NANAM", "NCNCL", "NENER", "NGNGA", "NINIC", "NPNPL", "NZNZL", "OMOMN",
    "PAPAN", "PEPER", "PFPYF", "PGPNG", "PHPHL", "PKPAK", "PMSPM", "PRPRI", "PSPSE", "PYPRY", "QAQAT", "REREU", "RURUS",
    "RWRWA", "SASAU", "SBSLB", "SCSYC", "SDSDN", "SGSGP", "SHSHN", "SLSLE", "SNSEN", "SOSOM", "SRSUR", "SSSSD", "STSTP",
    "SVSLV", "SYSYR", "SZSWZ", "TCTCA", "TDTCD", "TGTGO", "THTHA", "TJTJK", "TLTLS", "TMTKM", "TNTUN", "TOTON", "TRTUR",
    "TTTTO", "TWTWN", "TZTZA", "UAUKR", "UGUGA", "UYURY", "UZUZB", "VCVCT", "VEVEN", "VGVGB", "VIVIR", "VNVNM", "VUVUT",
    "WSWSM", "YEYEM", "ZAZAF", "ZMZMB", "ZWZWE",
};

/* Countries that Electricity Maps splits and WattTime does not: a zone in one lies in its region. */
static const char *const split[] = {"BR-", "DK-", "FO-", "IN-", "IT-", "MY-", "NO-", "PH-", "RU-", "SE-"};

static bool country(const char *zone, char ret_region[JB_WATTTIME_REGION])
{
    for (size_t i = 0; i < JB_COUNT(same); i++) {
        if (jb_streq(zone, same[i])) {
            return jb_copy(ret_region, JB_WATTTIME_REGION, same[i]);
        }
    }
    for (size_t i = 0; i < JB_COUNT(three); i++) {
        if (strlen(zone) == 2 && strncmp(zone, three[i], 2) == 0) {
            return jb_copy(ret_region, JB_WATTTIME_REGION, three[i] + 2);
        }
    }
    return false;
}

bool jb_watttime_region(const char *zone, char ret_region[JB_WATTTIME_REGION], bool *ret_part)
{
    *ret_part = jb_streq(zone, "US-CAL-CISO");
    if (*ret_part) {
        return jb_copy(ret_region, JB_WATTTIME_REGION, "CAISO_NORTH");
    }
    for (size_t i = 0; i < JB_COUNT(areas); i++) {
        if (jb_streq(zone, areas[i].zone)) {
            return jb_copy(ret_region, JB_WATTTIME_REGION, areas[i].region);
        }
    }
    char whole[3] = "";
    for (size_t i = 0; i < JB_COUNT(split); i++) {
        if (jb_starts(zone, split[i])) {
            memcpy(whole, zone, 2);
        }
    }
    return country(whole[0] != '\0' ? whole : zone, ret_region);
}

/* Is one of them the other, or a part of it ("US" and "US-TEX-ERCO")? */
static bool within(const char *zone, const char *other)
{
    size_t a = strlen(zone), b = strlen(other), shorter = a < b ? a : b;
    const char *longer = a < b ? other : zone;
    return strncmp(zone, other, shorter) == 0 && (longer[shorter] == '\0' || longer[shorter] == '-');
}

bool jb_watttime_fits(const char *zone, const char *region)
{
    if (zone[0] == '\0') {
        return true;
    }
    for (size_t i = 0; i < JB_COUNT(many); i++) {
        if (jb_starts(region, many[i].region)) {
            return within(zone, many[i].zone);
        }
        if (jb_streq(zone, many[i].zone)) {
            return false; /* all regions of this zone begin alike, and this one does not */
        }
    }
    for (size_t i = 0; i < JB_COUNT(areas); i++) {
        if (jb_streq(region, areas[i].region) && within(zone, areas[i].zone)) {
            return true;
        }
    }
    char own[JB_WATTTIME_REGION];
    bool part;
    if (jb_watttime_region(zone, own, &part)) {
        return jb_streq(region, own);
    }
    for (size_t i = 0; i < JB_COUNT(areas); i++) {
        if (jb_streq(region, areas[i].region)) {
            return false;
        }
    }
    /* A region that is a whole country is of that country, and of no zone that is without a row here. */
    for (size_t i = 0; i < JB_COUNT(same); i++) {
        if (jb_streq(region, same[i])) {
            return within(zone, same[i]);
        }
    }
    for (size_t i = 0; i < JB_COUNT(three); i++) {
        char whole[3] = {three[i][0], three[i][1], '\0'};
        if (jb_streq(region, three[i] + 2)) {
            return within(zone, whole);
        }
    }
    return true;
}

bool jb_watttime_is_region(const char *region)
{
    size_t length = strlen(region);
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)region[i]) && region[i] != '_' && region[i] != '-') {
            return false;
        }
    }
    return length > 0 && length < JB_WATTTIME_REGION;
}
