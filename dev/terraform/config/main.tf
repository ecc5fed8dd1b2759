terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}

provider "azurerm" {
  features {}
  resource_provider_registrations = var.registrations
}

variable "registrations" { default = "none" }
variable "ed25519" {}
variable "rsa" {}
variable "team" { default = "web" }

resource "azurerm_resource_group" "keys" {
  name     = "terraform"
  location = "westeurope"
}

resource "azurerm_ssh_public_key" "ed25519" {
  name                = "ed25519"
  resource_group_name = azurerm_resource_group.keys.name
  location            = azurerm_resource_group.keys.location
  public_key          = var.ed25519
  tags                = { team = var.team }
}

resource "azurerm_ssh_public_key" "rsa" {
  name                = "rsa"
  resource_group_name = azurerm_resource_group.keys.name
  location            = "West Europe"
  public_key          = var.rsa
}

data "azurerm_ssh_public_key" "ed25519" {
  name                = azurerm_ssh_public_key.ed25519.name
  resource_group_name = azurerm_resource_group.keys.name
}

output "read" { value = data.azurerm_ssh_public_key.ed25519.public_key }
