"""The same cases as verify.mjs, judged by jwcrypto (signatures, thumbprints), PyJWT (claims) and joserfc (second opinion).

    .venv/bin/python verify/verify.py < cases.jsonl      (requirements.txt is beside)
"""
import base64
import hashlib
import json
import re
import sys
import time
from urllib.parse import urlsplit

import jwt as pyjwt
from joserfc import jws as jjws
from joserfc.jwk import KeySet as JKeySet
from joserfc.jwk import import_key
from jwcrypto import jwk, jws

ALGS = ["ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519"]


def need(cond, msg):
    if not cond:
        raise ValueError(msg)


def b64(b):
    return base64.urlsafe_b64encode(b).rstrip(b"=").decode()


def sha(s):
    return b64(hashlib.sha256(s.encode()).digest())


def header(t):
    h = t.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(h + "=" * (-len(h) % 4)))


def both(token, key_dict, algs=ALGS):
    """jwcrypto and joserfc must both accept the signature."""
    o = jws.JWS()
    o.allowed_algs = algs
    o.deserialize(token, jwk.JWK(**key_dict))
    alg = header(token)["alg"]
    jjws.deserialize_compact(token.encode(), import_key(key_dict), algorithms=[alg])
    return json.loads(o.payload)


def pick(token, keys):
    h = header(token)
    cand = [k for k in keys["keys"] if "kid" not in h or k.get("kid") == h["kid"]]
    err = ValueError("no key for kid")
    for k in cand:
        try:
            return both(token, {x: y for x, y in k.items() if x != "d"}, ALGS)
        except Exception as e:  # noqa: BLE001
            err = e
    raise err


def claims(token, keys, c, **opt):
    p = pick(token, keys)
    now = c.get("now") or time.time()
    for k in ("exp", "nbf", "iat"):
        need(k not in p or (isinstance(p[k], (int, float)) and not isinstance(p[k], bool)), f"{k} is not a number")
    need("exp" not in p or p["exp"] > now - 5, "expired")
    need("nbf" not in p or p["nbf"] <= now + 5, "not yet valid")
    if not c.get("now"):  # PyJWT judges the claims once more, at the real time
        h = header(token)
        k = next(x for x in keys["keys"] if "kid" not in h or x.get("kid") == h["kid"])
        pyjwt.decode(token, pyjwt.PyJWK({x: y for x, y in k.items() if x != "d"}, algorithm=h["alg"]), algorithms=ALGS, audience=opt.get("aud"), issuer=opt.get("iss"), leeway=5, options={"require": opt.get("require", []), "verify_aud": bool(opt.get("aud"))})
    aud = p.get("aud")
    need(not opt.get("aud") or opt["aud"] in (aud if isinstance(aud, list) else [aud]), f"aud {aud}")
    need(not opt.get("iss") or p.get("iss") == opt["iss"], f"iss {p.get('iss')}")
    for k in opt.get("require", []):
        need(k in p, f"no {k}")
    return p


def dpop(c):
    h = header(c["jwt"])
    need(h.get("typ") == "dpop+jwt", f"typ {h.get('typ')}")
    need(h.get("alg") in ALGS, f"alg {h.get('alg')}")
    need("jwk" in h and not {"d", "p", "k"} & set(h["jwk"]), "jwk missing or private")
    p = both(c["jwt"], h["jwk"])
    now = c.get("now") or time.time()
    need(p.get("htm") == c["htm"], f"htm {p.get('htm')}")
    u, w = urlsplit(p.get("htu", "")), urlsplit(c["htu"])
    need(not u.query and not u.fragment and (u.scheme, u.netloc, u.path or "/") == (w.scheme, w.netloc, w.path or "/"), f"htu {p.get('htu')}")
    need(isinstance(p.get("jti"), str) and len(p["jti"]) >= 8, "jti")
    need(abs(p.get("iat", 0) - now) <= 65, "iat")
    if "nonce" in c:
        need(p.get("nonce") == c["nonce"], f"nonce {p.get('nonce')}")
    if "access_token" in c:
        need(p.get("ath") == sha(c["access_token"]), f"ath {p.get('ath')}")
    else:
        need("ath" not in p, "ath without an access token")
    if "jkt" in c:
        need(jwk.JWK(**h["jwk"]).thumbprint() == c["jkt"], "jkt")


def client_assertion(c):
    p = claims(c["jwt"], c["jwks"], c, aud=c["aud"], iss=c["client_id"], require=["jti", "exp", "sub"])
    need(p["sub"] == c["client_id"], f"sub {p['sub']}")
    need(not isinstance(p["aud"], list), "aud is an array")
    need(p["exp"] - p.get("iat", p["exp"]) <= 600, "lives longer than ten minutes")


def plain(c):
    if "typ" in c:
        need(header(c["jwt"]).get("typ", "").lower() == c["typ"].lower(), f"typ {header(c['jwt']).get('typ')}")
    return claims(c["jwt"], c["jwks"], c, aud=c.get("aud"), iss=c.get("iss"))


def id_jag(c):
    p = plain({**c, "typ": "oauth-id-jag+jwt"})
    for k in ("iss", "sub", "aud", "client_id", "jti", "exp", "iat"):
        need(k in p, f"no {k}")
    need("client_id" not in c or p["client_id"] == c["client_id"], f"client_id {p['client_id']}")


def thumbprint(c):
    v = jwk.JWK(**c["jwk"]).thumbprint()
    need(v == c["value"], v)
    need(import_key(c["jwk"]).thumbprint() == c["value"], "joserfc disagrees")


def ath(c):
    need(sha(c["access_token"]) == c["value"], sha(c["access_token"]))


def pkce(c):
    need(re.fullmatch(r"[A-Za-z0-9\-._~]{43,128}", c["verifier"]), "verifier syntax")
    need(sha(c["verifier"]) == c["challenge"], sha(c["verifier"]))


kinds = {"dpop": dpop, "client_assertion": client_assertion, "jwt": plain, "id_jag": id_jag, "thumbprint": thumbprint, "ath": ath, "pkce": pkce}
n = bad = 0
for line in sys.stdin:
    if not line.strip() or line.startswith("//"):
        continue
    c = json.loads(line)
    n += 1
    err = None
    try:
        kinds[c["kind"]](c)
    except Exception as e:  # noqa: BLE001
        err = e
    good = c.get("expect", "ok") == ("fail" if err else "ok")
    bad += not good
    print(f"{'ok  ' if good else 'FAIL'} {c['kind']} {c.get('name', '')} {f'({type(err).__name__}: {err})' if err else ''}")
print(f"{n - bad} passed, {bad} failed")
sys.exit(1 if bad or not n else 0)
