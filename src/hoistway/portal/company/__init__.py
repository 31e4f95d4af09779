"""A company's own sign-in and its directory: pages that its administrators have in the portal, and operators at the console."""
