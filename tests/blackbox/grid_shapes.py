# SPDX-License-Identifier: Apache-2.0
"""What each provider answers, in its own shape, from one function of zone and time.

One function a provider: (grid, ask, twist) -> (status, body) or (status, body, headers). `grid` is grid_server.Grid. Values that lie in
the future are only in forecasts. A twist makes an answer that looks good and is not: another zone, nulls, a sandbox's made-up
values. Mixes are of two fuels, wind at 11 and coal at 820 g/kWh over the life cycle (IPCC AR5), so that they come out at the
wanted figure.
"""
import base64
import datetime
import json
import re

UTC = datetime.timezone.utc
WIND, COAL, TOTAL_MW = 11.0, 820.0, 100000.0
POUNDS_PER_MWH = 1 / 0.45359237


def iso(t, form="%Y-%m-%dT%H:%M:%S.000Z"):
    return datetime.datetime.fromtimestamp(t, UTC).strftime(form)


def parse(text, zone=UTC):
    """A time as clients write it; without an offset it is in `zone`."""
    text = text.strip().replace("Z", "+00:00").replace(" ", "T")
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d", text):
        text += ":00"
    if re.fullmatch(r"\d{12}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:]}"
    when = datetime.datetime.fromisoformat(text)
    return (when if when.tzinfo else when.replace(tzinfo=zone)).timestamp()


def slots(start, end, period):
    """The beginnings of the periods that touch [start, end)."""
    t = start // period * period
    while t < end:
        yield t
        t += period


def mix(g_per_kwh):
    """MW of wind and of coal that make so many g/kWh."""
    coal = TOTAL_MW * (g_per_kwh - WIND) / (COAL - WIND)
    return TOTAL_MW - coal, coal


# ---- electricitymaps, v3 and v4, and its ancestor ----

def electricitymaps(grid, ask, twist):
    version, what = ask.path[0], "/".join(ask.path[1:])
    if ask.headers.get("auth-token") != grid.keys["electricitymaps"]:
        return 401, {"error": "Invalid auth-token"}
    zone, now, period = ask.get("zone") or "KR", grid.now(), grid.period
    told = "XX" if twist == "wrong zone" else zone

    def value(t):
        row = {"zone": told, "carbonIntensity": None if twist == "null" else grid.intensity(zone, t), "datetime": iso(t),
               "updatedAt": iso(now), "createdAt": iso(t), "emissionFactorType": ask.get("emissionFactorType", "lifecycle"),
               "isEstimated": bool(grid.estimated(zone, t)),
               "estimationMethod": "TIME_SLICER_AVERAGE" if grid.estimated(zone, t) else None}
        if twist == "sandbox":
            row.update(isEstimated=True, estimationMethod="SANDBOX_MODE_DATA")
        if version == "v4":
            row["temporalGranularity"] = {3600: "hourly", 900: "15_minutes", 300: "5_minutes"}[period]
        return row
    if what == "carbon-intensity/latest":
        return 200, value(now // period * period)
    if what == "carbon-intensity/history":
        return 200, {"zone": told, "history": [value(t) for t in slots(now - 23 * 3600, now, period)]}
    if what == "carbon-intensity/past":
        return 200, value(parse(ask.get("datetime")) // period * period)
    if what == "carbon-intensity/past-range":
        start, end = parse(ask.get("start")), parse(ask.get("end"))
        if end - start > 10 * 86400:
            return 400, {"error": "Time range must be at most 10 days"}
        rows = [value(t) for t in slots(start, min(end, now), period)]
        return 200, {"zone": told, "data" if version == "v4" else "history": rows}
    if what == "carbon-intensity/forecast":
        hours = int(ask.get("horizonHours", "24"))
        rows = [{"carbonIntensity": grid.intensity(zone, t), "datetime": iso(t)} for t in slots(now, now + hours * 3600, 3600)]
        return 200, {"zone": told, "forecast": rows, "updatedAt": iso(now)}
    return 404, {"error": "no such path"}


def co2signal(grid, ask, twist):
    if ask.headers.get("auth-token") != grid.keys["co2signal"]:
        return 401, {"message": "Invalid authentication credentials"}
    zone, t = ask.get("countryCode"), grid.now() // 3600 * 3600
    return 200, {"_disclaimer": "This data is the exclusive property of Electricity Maps", "status": "ok",
                 "countryCode": "XX" if twist == "wrong zone" else zone,
                 "data": {"datetime": iso(t), "carbonIntensity": None if twist == "null" else grid.intensity(zone, t), "fossilFuelPercentage": 50.0},
                 "units": {"carbonIntensity": "gCO2eq/kWh"}}


# ---- those that need no key ----

def ukgrid(grid, ask, twist):
    now, words = grid.now(), ask.path

    def span(start, end):
        start = parse(start)
        ahead = {"fw24h": 86400, "fw48h": 2 * 86400, "pt24h": -86400}
        if end in ahead:
            start, end = sorted((start, start + ahead[end]))
        else:
            end = parse(end)
        return list(slots(start, end, 1800))

    def half_hour(t, regional):
        g = round(grid.intensity("GB", t))
        if twist == "null":
            intensity = {"forecast": None, "actual": None, "index": None}
        elif regional:
            intensity = {"forecast": g, "index": "moderate"}
        else:
            intensity = {"forecast": g + grid.bias, "actual": g if t + 1800 <= now else None, "index": "moderate"}
        row = {"from": iso(t, "%Y-%m-%dT%H:%MZ"), "to": iso(t + 1800, "%Y-%m-%dT%H:%MZ"), "intensity": intensity}
        if regional:
            row["generationmix"] = [{"fuel": "wind", "perc": 60.0}, {"fuel": "gas", "perc": 40.0}]
        return row
    if words == ["intensity"]:
        return 200, {"data": [half_hour(now // 1800 * 1800, False)]}
    if words[0] == "intensity" and len(words) == 3:
        times = span(*words[1:])
        if times and times[-1] - times[0] > 14 * 86400:
            return 400, {"error": {"code": "400 Bad Request", "message": "The difference between from and to should not exceed 14 days."}}
        return 200, {"data": [half_hour(t, False) for t in times]}
    if words[0] == "regional" and words[-2] in ("regionid", "postcode"):
        rows = [half_hour(t, True) for t in (span(*words[2:4]) if words[1] == "intensity" else [now // 1800 * 1800])]
        region = {"regionid": int(words[-1]) if words[-1].isdigit() else 3, "dnoregion": "Electricity North West", "shortname": "North West England",
                  "data": rows}
        if words[-2] == "postcode":
            region["postcode"] = words[-1]
        return 200, {"data": region if words[1] == "intensity" else [region]}
    return 404, {"error": {"code": "404 Not Found", "message": "no such path"}}


def energinet(grid, ask, twist):
    name = ask.path[-1]
    column = {"CO2Emis": "CO2Emission", "CO2EmisProg": "CO2Emission"}.get(name)
    if ask.path[:-1] != ["dataset"] or column is None:
        return 404, "Not Found"
    now = grid.now()
    # start and end are Danish time unless told otherwise; in winter an hour ahead
    zone = UTC if ask.get("timezone", "dk").lower() == "utc" else datetime.timezone(datetime.timedelta(hours=1))
    areas = json.loads(ask.get("filter", "{}")).get("PriceArea", ["DK1", "DK2"])
    last = now if name == "CO2Emis" else now + 36 * 3600
    start = parse(ask.get("start"), zone) if ask.get("start") and "now" not in ask.get("start") else now - 3600
    end = min(parse(ask.get("end"), zone), last) if ask.get("end") else last
    rows = [{"Minutes5UTC": iso(t, "%Y-%m-%dT%H:%M:%S"), "Minutes5DK": iso(t + 3600, "%Y-%m-%dT%H:%M:%S"),
             "PriceArea": "SE4" if twist == "wrong zone" else area,
             column: None if twist == "null" else grid.intensity("DK-" + area, t)}
            for t in slots(start, end, 300) for area in areas if t + (300 if name == "CO2Emis" else 0) <= last and t >= start]
    if "desc" in ask.get("sort", "Minutes5UTC desc").lower():
        rows.reverse()
    offset, limit = int(ask.get("offset", "0")), int(ask.get("limit", "100"))
    part = rows[offset:offset + limit] if limit else rows[offset:]
    return 200, {"total": len(rows), "filters": ask.get("filter", ""), "sort": ask.get("sort", ""), "limit": limit, "dataset": name, "records": part}


def rte(grid, ask, twist):
    if ask.path[-3:] != ["datasets", "eco2mix-national-tr", "records"]:
        return 404, {"message": "The requested dataset does not exist", "error_code": "NotFoundError"}
    now, where = grid.now(), ask.get("where", "")
    start, end = now - 86400, now // 86400 * 86400 + 86400  # rows up to midnight are there already, and empty
    for sign, text in re.findall(r"date_heure\s*(>=|>|<=|<)\s*(?:date)?['\"]([^'\"]+)['\"]", where):
        start, end = (parse(text), end) if sign.startswith(">") else (start, min(end, parse(text)))
    rows = [{"taux_co2": None if twist == "null" or t + 900 > now else round(grid.intensity("FR", t)),
             "date_heure": iso(t, "%Y-%m-%dT%H:%M:%S+00:00")} for t in slots(start, end, 900) if t >= start]
    if "not null" in where:
        rows = [row for row in rows if row["taux_co2"] is not None]
    if "desc" in ask.get("order_by", "").lower():
        rows.reverse()
    limit, offset = int(ask.get("limit", "10")), int(ask.get("offset", "0"))
    if not 0 <= limit <= 100:
        return 400, {"error_code": "InvalidRESTParameterError", "message": "Invalid value for limit API parameter: 100 is the largest"}
    return 200, {"total_count": len(rows), "results": rows[offset:offset + limit]}


def energycharts(grid, ask, twist):
    if ask.path != ["co2eq"]:
        return 404, {"detail": "Not Found"}
    now = grid.now()
    country = ask.get("country", "de")
    start = parse(ask.get("start")) if ask.get("start") else now // 86400 * 86400
    end = parse(ask.get("end")) if ask.get("end") else start + 86400
    times = list(slots(start, end, 900))
    known = [t + 2 * 3600 <= now and twist != "null" for t in times]
    value = [grid.intensity(country.upper(), t) for t in times]
    return 200, {"unix_seconds": [int(t) for t in times], "co2eq": [v if k else None for v, k in zip(value, known)],
                 "co2eq_forecast": [None if k or twist == "null" else v for v, k in zip(value, known)], "substitute": False, "deprecated": False}


# ---- marginal ----

def watttime(grid, ask, twist):
    token = "made-up-jwt-of-watttime"
    if ask.path[-1] == "login":
        good = "Basic " + base64.b64encode(("someone:" + grid.keys["watttime"]).encode()).decode()
        if ask.headers.get("Authorization") != good:
            return 403, "Forbidden: invalid credentials"
        return 200, {"token": token}
    if ask.headers.get("Authorization") != "Bearer " + token:
        return 401, {"error": "Invalid token"}
    what, now = ask.path[-1], grid.now()
    if what == "region-from-loc":
        return 200, {"region": "CAISO_NORTH", "region_full_name": "California ISO Northern", "signal_type": ask.get("signal_type")}
    if ask.get("region") != "CAISO_NORTH":
        return 403, {"error": "Forbidden", "message": "Your account does not have access to this region"}
    start, end = (parse(ask.get("start")), min(parse(ask.get("end")), now)) if what == "historical" else (now, now + 86400)
    rows = [{"point_time": iso(t, "%Y-%m-%dT%H:%M:%S+00:00"), "value": None if twist == "null" else grid.marginal("US-CAL-CISO", t) * POUNDS_PER_MWH,
             "last_updated": iso(now, "%Y-%m-%dT%H:%M:%S+00:00")} for t in slots(start, end, 300)]
    return 200, {"data": rows, "meta": {"region": "PJM" if twist == "wrong zone" else "CAISO_NORTH", "units": "lbs_co2_per_mwh",
                                        "data_point_period_seconds": 300, "signal_type": "co2_moer", "warnings": [],
                                        "generated_at": iso(now, "%Y-%m-%dT%H:%M:%S+00:00"), "model": {"date": "2026-03-01"}}}


# ---- mixes ----

ENTSOE_SERIES = """<TimeSeries><mRID>{n}</mRID><businessType>A01</businessType><objectAggregation>A08</objectAggregation>
<inBiddingZone_Domain.mRID codingScheme="A01">{domain}</inBiddingZone_Domain.mRID><quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name>
<curveType>A01</curveType><MktPSRType><psrType>{fuel}</psrType></MktPSRType><Period><timeInterval><start>{start}</start><end>{end}</end></timeInterval>
<resolution>PT60M</resolution>{points}</Period></TimeSeries>"""
ENTSOE_NOTHING = """<?xml version="1.0" encoding="utf-8"?>
<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"><mRID>x</mRID><Reason><code>999</code>
<text>No matching data found for Data item AGGREGATED_GENERATION_PER_TYPE_R3 [16.1.B&amp;C]</text></Reason></Acknowledgement_MarketDocument>"""


def entsoe(grid, ask, twist):
    if ask.get("securityToken") != grid.keys["entsoe"]:
        return 401, ENTSOE_NOTHING.replace("999", "401").replace("No matching data found", "Unauthorized. Missing or invalid security token")
    now = grid.now()
    start, end = parse(ask.get("periodStart")), min(parse(ask.get("periodEnd")), now // 3600 * 3600 - 3600)
    hours = list(slots(start, end, 3600))
    if not hours or twist == "null":
        return 200, ENTSOE_NOTHING
    domain = "10Y1001A1001A39I" if twist == "wrong zone" else ask.get("in_Domain")
    rows = []
    for n, fuel in enumerate(("B19", "B05")):
        points = "".join(f"<Point><position>{i + 1}</position><quantity>{mix(grid.intensity('EU', t))[n]:.3f}</quantity></Point>"
                         for i, t in enumerate(hours))
        rows.append(ENTSOE_SERIES.format(n=n + 1, domain=domain, fuel=fuel, points=points, start=iso(hours[0], "%Y-%m-%dT%H:%MZ"),
                                         end=iso(hours[-1] + 3600, "%Y-%m-%dT%H:%MZ")))
    return 200, ('<?xml version="1.0" encoding="utf-8"?>\n<GL_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">'
                 f"<mRID>x</mRID><revisionNumber>1</revisionNumber><type>A75</type><process.processType>A16</process.processType>{''.join(rows)}</GL_MarketDocument>")


def elexon(grid, ask, twist):
    path, now = "/".join(ask.path), grid.now()
    names = ["from", "to"] if "summary" in path else ["settlementDateFrom", "settlementDateTo"]
    bounds = [ask.get(a) or ask.get(b) for a, b in zip(names, ("publishDateTimeFrom", "publishDateTimeTo"))]
    start = parse(bounds[0]) if bounds[0] else now - 3600
    end = min(parse(bounds[1]) + (86400 if len(bounds[1]) == 10 else 0), now) if bounds[1] else now
    times = list(slots(start, end, 1800))
    fuels = {t: dict(zip(("WIND", "COAL"), mix(grid.intensity("GB", t)))) | {"INTFR": 1500} for t in times}
    if twist == "null":
        fuels = {t: dict.fromkeys(row) for t, row in fuels.items()}
    if path.endswith("generation/outturn/summary"):
        return 200, [{"startTime": iso(t, "%Y-%m-%dT%H:%M:%SZ"), "settlementPeriod": int(t % 86400 // 1800) + 1,
                      "data": [{"fuelType": name, "generation": mw} for name, mw in fuels[t].items()]} for t in times]
    if path.endswith("generation/outturn/current"):
        wind, coal = mix(grid.intensity("GB", now // 300 * 300))
        return 200, [{"fuelType": name, "currentUsage": mw, "currentPercentage": 50} for name, mw in (("WIND", wind), ("COAL", coal), ("INTFR", 1500))]
    if path.split("/")[-1] in ("FUELHH", "FUELINST") or path.endswith("FUELHH/stream"):
        rows = [{"dataset": "FUELHH", "publishTime": iso(t + 1800, "%Y-%m-%dT%H:%M:%SZ"), "startTime": iso(t, "%Y-%m-%dT%H:%M:%SZ"),
                 "settlementDate": iso(t, "%Y-%m-%d"), "settlementPeriod": int(t % 86400 // 1800) + 1, "fuelType": name, "generation": mw}
                for t in times for name, mw in fuels[t].items()]
        return 200, rows if path.endswith("stream") else {"data": rows}
    return 404, {"error": "no such path"}


def eia(grid, ask, twist):
    if ask.get("api_key") != grid.keys["eia"]:
        return 403, {"error": {"code": "API_KEY_INVALID", "message": "An invalid api_key was supplied."}}
    respondent, now = ask.get("facets[respondent][]"), grid.now()
    # Periods are called by the end of their hour, start and end too.
    start = parse(ask.get("start")) - 3600 if ask.get("start") else now - 86400
    end = min(parse(ask.get("end")), now // 3600 * 3600) if ask.get("end") else now // 3600 * 3600
    rows = []
    for t in slots(start, end, 3600):
        for code, name, amount in zip(("WND", "COL"), ("Wind", "Coal"), mix(grid.intensity("US", t))):
            rows.append({"period": iso(t + 3600, "%Y-%m-%dT%H"), "respondent": "XXXX" if twist == "wrong zone" else respondent, "respondent-name": "Somebody",
                         "fueltype": code, "type-name": name, "value": None if twist == "null" else f"{amount:.0f}", "value-units": "megawatthours"})
    if ask.get("sort[0][direction]", "").lower() == "desc":
        rows.reverse()
    offset, length = int(ask.get("offset", "0")), min(int(ask.get("length", "5000")), 5000)
    return 200, {"response": {"total": str(len(rows)), "dateFormat": 'YYYY-MM-DD"T"HH24', "frequency": "hourly", "data": rows[offset:offset + length]},
                 "request": {"command": "/v2/electricity/rto/fuel-type-data/data/"}, "apiVersion": "2.1.8"}


def openelectricity(grid, ask, twist):
    """Half wind and half coal, which emits all of it; a time is the end of its five minutes."""
    if ask.headers.get("Authorization") != "Bearer " + grid.keys["openelectricity"]:
        return 401, {"detail": "Not authenticated"}
    now, local = grid.now(), datetime.timezone(datetime.timedelta(hours=10))
    region = "WEM" if twist == "wrong zone" else ask.get("network_region")
    start = parse(ask.get("date_start"), local) if ask.get("date_start") else now - 3600
    end = min(parse(ask.get("date_end"), local), now) if ask.get("date_end") else now
    times = [t for t in slots(start, end, 300) if t + 300 <= now]

    def row(metric, fuel, t):
        half = TOTAL_MW / 12 / 2  # MWh in five minutes
        tonnes = 0 if fuel == "wind" else 2 * half * grid.intensity("AU-NSW", t) / 1000
        return [datetime.datetime.fromtimestamp(t + 300, local).isoformat(), None if twist == "null" else half if metric == "energy" else tonnes]
    series = []
    for metric in ask.query.get("metrics", ["energy"]):
        series.append({"network_code": ask.path[-1], "metric": metric, "unit": {"energy": "MWh", "emissions": "t"}[metric], "interval": "5m",
                       "groupings": ["network_region", "fueltech"], "network_timezone_offset": "+10:00",
                       "results": [{"name": f"{metric}_{region}_{fuel}", "columns": {"region": region, "fueltech": fuel},
                                    "data": [row(metric, fuel, t) for t in times]} for fuel in ("wind", "coal_black")]})
    return 200, {"version": "4.5.16", "created_at": iso(now), "success": True, "data": series}
