"""What every room that speaks to DingTalk shares: HTTP, signature, token, faults, quota, allowed hosts. It knows DingTalk and nothing of the product."""
