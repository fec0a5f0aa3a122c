"""A document reckoned a second time, straight from the rules in fractions of a rupee, to hold the engine against."""

from fractions import Fraction
from itertools import accumulate, pairwise
from math import floor

NAMES = ("cgst", "sgst", "igst", "cess")
EXEMPT = ("nil", "exempt", "non_gst")


def r2(number):
    return Fraction(floor(number * 100 + Fraction(1, 2)), 100)


def r0(number):
    return Fraction(floor(number + Fraction(1, 2)))


def discount(kind, value, base):
    return r2(base * Fraction(value) / 100) if kind == "percent" else Fraction(value)


def spread(amount, bases):
    """share_i = r2(D·C_i/S) − r2(D·C_{i−1}/S)"""
    running = [Fraction(0), *accumulate(bases)]
    upto = [r2(amount * part / running[-1]) if running[-1] else Fraction(0) for part in running]
    return [after - before for before, after in pairwise(upto)]


def components(document, line):
    abroad = document.supply_type in ("sez", "export")
    if (
        line.tax_treatment != "taxable"
        or not document.charges_gst
        or (abroad and document.export_type == "without_payment")
    ):
        return {}
    gst = Fraction(line.gst_rate)
    local = {"cgst": gst / 2, "sgst": gst / 2} if document.supply_type == "intra" else {"igst": gst}
    return local | {"cess": Fraction(line.cess_rate)}


def raw_taxes(document, line, value):
    rates = components(document, line)
    whole = 100 + sum(rates.values()) if document.tax_mode == "inclusive" else 100
    return {name: value * rate / whole for name, rate in rates.items()}


def reckon(document):
    """The figures by name: of lines (a list of dicts) and of the document."""
    lines = document.lines
    gross = [r2(Fraction(line.quantity) * Fraction(line.unit_price)) for line in lines]
    cuts = [discount(x.discount_type, x.discount_value, g) for x, g in zip(lines, gross, strict=True)]
    nets = [g - cut for g, cut in zip(gross, cuts, strict=True)]
    whole_cut = discount(document.discount_type, document.discount_value, sum(nets))
    shares = spread(whole_cut, nets)
    values = [net - share for net, share in zip(nets, shares, strict=True)]
    charges = sum(Fraction(charge.amount) for charge in document.charges if charge.taxable)
    others = sum(Fraction(charge.amount) for charge in document.charges if not charge.taxable)
    values = [value + share for value, share in zip(values, spread(charges, values), strict=True)]
    carry, computed, exceptions = dict.fromkeys(NAMES, Fraction(0)), [], 0
    for index, line in enumerate(lines):
        raws = raw_taxes(document, line, values[index])
        taxes = {name: r2(raw + carry[name]) for name, raw in raws.items() if raw}
        if document.tax_mode == "inclusive" and sum(taxes.values()) > values[index]:
            taxes, exceptions = dict.fromkeys(taxes, 0), exceptions + 1
        if document.tax_rounding == "progressive":
            for name, tax in taxes.items():
                carry[name] += raws[name] - tax
        tax = sum(taxes.values())
        taxable = values[index] - (tax if document.tax_mode == "inclusive" else 0)
        computed.append({
            "gross": gross[index], "discount_amount": cuts[index], "document_discount": shares[index],
            "taxable_value": taxable, **{name: taxes.get(name, 0) for name in NAMES},
            "total": taxable + (0 if document.reverse_charge else tax), "raws": raws,
            "exempt": line.tax_treatment in EXEMPT,
        })  # fmt: skip
    totals = {name: sum(line[name] for line in computed) for name in NAMES}
    grand = sum(line["total"] for line in computed) + others
    return computed, totals | {
        "sub_total": sum(nets), "line_discount": sum(cuts), "document_discount": whole_cut, "charges": charges,
        "taxable_value": sum(line["taxable_value"] for line in computed if not line["exempt"]),
        "exempt_value": sum(line["taxable_value"] for line in computed if line["exempt"]),
        "tax_total": sum(totals.values()), "other_charges": others, "grand_total": grand,
        "round_off": r0(grand) - grand if document.round_off else 0,
        "payable": r0(grand) if document.round_off else grand,
    }, exceptions  # fmt: skip
