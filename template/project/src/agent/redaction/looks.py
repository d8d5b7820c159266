"""What a secret looks like: facts that gitleaks and detect-secrets keep, those of clear forms.

What is added needs a beginning that tells it, and an example that the tests try: `…` stands for
letters and figures. Each pattern reads a text once, however long it is.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

Span = tuple[int, int]  # from and to, in characters


class Look(NamedTuple):
    kind: str
    pattern: str  # the secret itself; it begins where no letter and no digit is before it
    example: str


LOOKS = [
    Look(
        "private key",
        r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}(?s:.*?)"
        r"(?:-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}|\Z)",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n…\n-----END PGP PRIVATE KEY BLOCK-----",
    ),
    Look(
        "PuTTY key",
        r"PuTTY-User-Key-File-\d(?s:.*?)(?:Private-MAC: \w+|\Z)",
        "PuTTY-User-Key-File-3: ssh-rsa\n…\nPrivate-MAC: …",
    ),
    Look("age", r"AGE-SECRET-KEY-1\w{20,}", "AGE-SECRET-KEY-1…"),
    Look("JSON web token", r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", "eyJ….eyJ….…"),
    Look("OpenAI and its like", r"sk-[A-Za-z0-9]{16,}", "sk-…"),
    Look(
        "OpenAI, Anthropic, OpenRouter, Langfuse",
        r"sk-(?:proj|svcacct|admin|ant|or|lf)-[\w-]{16,}",
        "sk-ant-api03-…",
    ),
    Look("Stripe, Clerk", r"[srp]k_(?:live|test|prod)_\w{10,}", "rk_live_…"),
    Look("Stripe, Svix", r"whsec_[\w+/=-]{16,}", "whsec_…"),
    Look("Groq", r"gsk_\w{20,}", "gsk_…"),
    Look("xAI", r"xai-\w{20,}", "xai-…"),
    Look("Perplexity", r"pplx-\w{20,}", "pplx-…"),
    Look("Replicate", r"r8_\w{30,}", "r8_…"),
    Look("LangSmith", r"lsv2_[a-z]{2}_\w{20,}", "lsv2_pt_…"),
    Look("Hugging Face", r"(?:hf_|api_org_)\w{16,}", "hf_…"),
    Look("GitHub", r"gh[oprsu]_\w{20,}", "ghs_…"),
    Look("GitHub, fine-grained", r"github_pat_\w{20,}", "github_pat_…"),
    Look("GitLab", r"gl(?:pat|ptt|dt|rt|ft|soat|cbt|imt|agent|oas|ffct)-[\w-]{16,}", "gldt-…"),
    Look("GitLab runner", r"GR1348941[\w-]{16,}", "GR1348941…"),
    Look("Slack", r"xox[a-z]-[A-Za-z0-9-]{10,}", "xoxb-…"),
    Look("Slack, configuration", r"xoxe\.xox[a-z]-[A-Za-z0-9-]{10,}", "xoxe.xoxp-1-…"),
    Look("Slack app", r"xapp-[A-Za-z0-9-]{10,}", "xapp-1-…"),
    Look(
        "Slack webhook",
        r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[\w+/-]{10,}",
        "https://hooks.slack.com/services/…",
    ),
    Look(
        "Teams webhook",
        r"[a-z0-9]{1,60}\.webhook\.office\.com/webhookb2/[\w@/-]{10,}",
        "https://contoso.webhook.office.com/webhookb2/…",
    ),
    Look(
        "Discord webhook",
        r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{10,}",
        "https://discord.com/api/webhooks/123/…",
    ),
    Look(
        "Discord bot",
        r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}",
        "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.…",
    ),
    Look("Telegram bot", r"\d{8,10}:[A-Za-z0-9_-]{35,}", "123456789:…"),
    Look(
        "AWS",
        r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])",
        "ASIA0A1B2C3D4E5F6789",
    ),
    Look("AWS Bedrock", r"(?:ABSK|bedrock-api-key-)[\w+/=]{20,}", "ABSK…"),
    Look("Google", r"AIza[\w-]{30,}", "AIza…"),
    Look("Google OAuth", r"ya29\.[\w-]{16,}|GOCSPX-[\w-]{16,}|1//0[\w-]{20,}", "ya29.…"),
    Look("Azure", r"[\w~.]{3}\dQ~[\w~.-]{30,}", "abc8Q~…"),
    Look("Alibaba", r"LTAI[A-Za-z0-9]{16,}", "LTAI…"),
    Look("DigitalOcean", r"do[opr]_v1_\w{20,}", "dop_v1_…"),
    Look("Heroku", r"HRKU-[\w-]{20,}", "HRKU-…"),
    Look("Fly.io", r"(?:fo1_|fm1[ar]_|fm2_)[\w+/=-]{20,}", "fm2_…"),
    Look("PlanetScale", r"pscale_(?:tkn|oauth|pw)_[\w=.-]{16,}", "pscale_pw_…"),
    Look("Databricks", r"dapi[a-fA-F0-9]{32,}", "dapi…"),
    Look("Terraform", r"\w{14}\.atlasv1\.[\w=-]{20,}", "0A1B2C3D4E5F67.atlasv1.…"),
    Look("Vault", r"hv[bsr]\.[\w-]{20,}", "hvs.…"),
    Look("Doppler", r"dp\.[a-z]{2,5}\.[\w-]{16,}", "dp.pt.…"),
    Look("1Password", r"ops_eyJ[\w+/=-]{20,}", "ops_eyJ…"),
    Look("SendGrid", r"SG\.[\w-]{16,}\.[\w-]{16,}", "SG.….…"),
    Look("Brevo", r"xkeysib-[\w-]{20,}", "xkeysib-…"),
    Look("Mailchimp", r"[0-9a-fA-F]{32}-us\d{1,2}(?!\w)", "0A1B2C3D4E5F67890A1B2C3D4E5F6789-us6"),
    Look("Twilio", r"SK[0-9a-fA-F]{32}(?!\w)", "SK0A1B2C3D4E5F67890A1B2C3D4E5F6789"),
    Look("Shopify", r"shp(?:at|ca|pa|ss)_\w{16,}", "shpat_…"),
    Look("Square", r"sq0(?:atp|csp)-[\w-]{16,}|EAAA[\w-]{50,}", "sq0csp-…"),
    Look("Meta", r"EAA[MC][A-Za-z0-9]{50,}", "EAAM…"),
    Look("PyPI", r"pypi-[\w-]{32,}", "pypi-AgEIcHlwaS5vcmc…"),
    Look("npm", r"npm_\w{16,}", "npm_…"),
    Look("RubyGems", r"rubygems_\w{20,}", "rubygems_…"),
    Look("Artifactory", r"AKCp[A-Za-z0-9]{50,}|cmVmd[A-Za-z0-9]{50,}", "AKCp…"),
    Look("Docker", r"dckr_(?:pat|oat)_[\w-]{16,}", "dckr_pat_…"),
    Look("Grafana", r"glsa_\w{20,}|glc_[\w+/=]{20,}", "glsa_…"),
    Look("New Relic", r"NRAK-\w{20,}", "NRAK-…"),
    Look("Sentry", r"sntry[su]_[\w+/=-]{20,}", "sntryu_…"),
    Look("Linear, Notion, Airtable", r"(?:lin_api_|ntn_|pat\w{14}\.)\w{20,}", "lin_api_…"),
    Look("Atlassian", r"AT(?:ATT3|CTT3|BB)\w[\w=-]{20,}", "ATATT3x…"),
    Look("Figma", r"fig[dor]_[\w-]{20,}", "figd_…"),
    Look("Postman", r"PMAK-\w{10,}-\w{10,}", "PMAK-…-…"),
    Look("Pulumi", r"pul-[a-fA-F0-9]{40,}", "pul-…"),
    Look("Typeform", r"tfp_\w{30,}", "tfp_…"),
    Look("Tailscale", r"tskey-[a-z]+-[\w-]{16,}", "tskey-auth-…"),
    Look("NVIDIA", r"nvapi-[\w-]{30,}", "nvapi-…"),
    Look("Pinecone", r"pcsk_\w{30,}", "pcsk_…"),
    Look("Tavily", r"tvly-[\w-]{20,}", "tvly-…"),
    Look("Supabase", r"sb[pt]_\w{20,}|sb_secret_\w{16,}", "sb_secret_…"),
    Look("curl", r"(?:(?<=-u )|(?<=--user ))['\"]?(?!\d+:\d)[^\s:'\"]{1,99}:[^\s'\"]+", "-u bob:…"),
    Look(
        "HTTP",  # behind its scheme; the word behind it is also the next of a sentence
        r"(?<=(?i:bearer) )(?:(?=[\w.~+/=-]{0,60}?\d)[\w.~+/=-]{8,}|[\w.~+/=-]{20,})"
        r"|(?<=(?i:basic) )(?:(?=[\w+/=]{0,60}?(?:\d|[a-z][A-Z]))[\w+/=]{12,}|[\w+/=]{24,})",
        "Bearer …",
    ),
]

# All of them in one, so that a text is read once. What is before a secret is no letter of it.
SECRET = re.compile(r"(?<![A-Za-z0-9])(?:" + "|".join(look.pattern for look in LOOKS) + ")")
# `user:password@`, up to the last `@` of the word: passwords hold others. A port is none.
USERINFO = re.compile(
    r"://(?P<secret>(?P<user>[^\s:/?#@]{0,200}):(?!\d{1,5}(?:[/?#]|$))"
    r"(?P<password>(?:(?!://)[^\s\"'<>`])+)|[A-Za-z0-9_-]{20,200})@"
)
# Of a URL that is signed, the signature: who has it has what it opens.
SIGNED = re.compile(r"[?&;][\w-]{0,40}[sS]ignature=(?P<secret>[^\s&;\"'<>]++)")
# `-p password` where it is no port and no path: behind a user, or of a command that logs in.
OPTION = re.compile(
    r"(?:(?<![\w-])(?:-u[ =]?|--user(?:name)?[ =])[^\s-]\S{0,60}"
    r"(?: -[\w-]{1,20}(?:[ =][^\s-]\S{0,60})?){0,5}?"
    r"|\b(?:sshpass|login|mysql\w{0,9}|mariadb\w{0,9})(?: [^\s|;&]{1,60}){0,6}?)"
    r" -p[ =]?['\"]?(?P<secret>(?![\d.:]+:\d)(?=[^\s'\"]{0,60}?\d)(?=[^\s'\"]{0,60}?[A-Za-z])"
    r"[^\s'\"]++)"
)
# `user/password@//host`, as Oracle has it. `owner/name@version` is none.
ORACLE = re.compile(
    r"(?<![\w/.-])[\w$#]{1,60}/(?P<secret>[^\s/@\"']{1,99})"
    r"@(?=//[\w[]|[\w.-]{1,99}:1521\b)"
)
# `PASSWORD 'x'`, `IDENTIFIED BY "x"`: how SQL sets one.
SQL = re.compile(
    r"\b(?i:password|identified(?: with [\w']{1,40})? by)[ ]{0,4}"
    r"(?:'(?P<secret>[^'\s\[][^'\s]*+)'|(?<=(?i:by) )\"(?P<quoted>[^\"\s\[][^\"\s]*+)\")"
)


def by_look(text: str) -> Iterator[Span]:
    """Where something stands that looks like a secret."""
    yield from (found.span() for found in SECRET.finditer(text))
    for pattern in (USERINFO, SIGNED, OPTION, ORACLE):
        yield from (found.span("secret") for found in pattern.finditer(text))
    yield from (found.span(found.lastgroup or 0) for found in SQL.finditer(text))
