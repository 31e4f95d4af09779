"""What browsers and programs send and get: forms, replies, pages, cookies."""
