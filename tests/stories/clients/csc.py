"""A program that asks a doctor for a signature over the CSC API, version 1, with pyHanko's own
signer. It says `open <address>` on a line where a browser is to be sent, and waits until the
browser comes back to its redirect URI."""

import asyncio, base64, hashlib, http.server, json, secrets, sys, threading, urllib.parse

import aiohttp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.signers import csc_signer

BASE, CLIENT, SECRET, PORT, SOURCE, TARGET, FIELD = sys.argv[1:8]
BACK = f"http://localhost:{PORT}/back"
answers = []


class Back(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        where = urllib.parse.urlsplit(self.path)
        if where.path == "/back":
            answers.append(dict(urllib.parse.parse_qsl(where.query)))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>back</title><h1>Back at the program</h1>")

    def log_message(self, *_):
        pass


async def authorized(session, **asked):
    """The code flow with PKCE; the token endpoint's answer."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = dict(response_type="code", client_id=CLIENT, redirect_uri=BACK, state=state,
                 code_challenge=challenge, code_challenge_method="S256", **asked)
    print("open", f"{BASE}/oauth2/authorize?" + urllib.parse.urlencode(query), flush=True)
    while not answers:
        await asyncio.sleep(0.05)
    answer = answers.pop()
    assert answer.get("state") == state, answer
    if "code" not in answer:
        raise SystemExit(f"refused {answer['error']}: {answer['error_description']}")
    form = dict(grant_type="authorization_code", code=answer["code"], redirect_uri=BACK, code_verifier=verifier,
                client_id=CLIENT, client_secret=SECRET)
    async with session.post(f"{BASE}/oauth2/token", data=form) as said:
        token = await said.json()
        assert said.status == 200, token
        return token


class Manager(csc_signer.CSCAuthorizationManager):
    def __init__(self, session, info, credential):
        super().__init__(info, credential)
        self.session = session

    async def authorize_signature(self, hash_b64s):
        token = await authorized(self.session, scope="credential", credentialID=self.csc_session_info.credential_id,
                                 numSignatures=len(hash_b64s), hash=",".join(hash_b64s),
                                 hashAlgorithmOID="2.16.840.1.101.3.4.2.1")
        assert token["token_type"] == "SAD", token
        print("sad", json.dumps({"sad": token["access_token"], "service": self.csc_session_info.oauth_token,
                                 "credential": self.csc_session_info.credential_id, "hash": hash_b64s}), flush=True)
        return csc_signer.CSCAuthorizationInfo(sad=token["access_token"])


async def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(PORT)), Back)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{BASE}/csc/v1/info", json={}) as said:
            info = await said.json()
            assert info["specs"] == "1.0.4.0" and info["oauth2"] == BASE, info
        token = await authorized(session, scope="service")
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        async with session.post(f"{BASE}/csc/v1/credentials/list", json={}, headers=bearer) as said:
            ids = (await said.json())["credentialIDs"]
        print("credentials", json.dumps(ids), flush=True)
        session_info = csc_signer.CSCServiceSessionInfo(BASE, ids[0], oauth_token=token["access_token"])
        credential = await csc_signer.fetch_certs_in_csc_credential(session, session_info)
        assert credential.hash_pinning_required, credential
        signer = csc_signer.CSCSigner(session, Manager(session, session_info, credential))
        with open(SOURCE, "rb") as source, open(TARGET, "wb") as target:
            metadata = signers.PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256",
                                                    subfilter=fields.SigSeedSubFilter.PADES)
            await signers.async_sign_pdf(IncrementalPdfFileWriter(source), metadata, signer=signer, output=target)
    print("signed", flush=True)


asyncio.run(main())
